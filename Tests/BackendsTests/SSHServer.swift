import Foundation
import Glibc
import MultipleSpawner
import Subprocess
import SystemPackage
import Testing
import Transport

@testable import Backends

/// A real sshd of one test's own, on loopback, with keys and a configuration of its own. Its account is the tests' own.
final class SSHServer: Sendable {
    static let isInstalled = access("/usr/sbin/sshd", X_OK) == 0 && access("/usr/bin/ssh", X_OK) == 0

    let port: Int
    let directory: TemporaryDirectory
    /// What a session's home is there: its directories are below.
    var base: String { "\(directory.path)/base" }
    var keyFile: String { "\(directory.path)/id" }
    var knownHosts: String { "\(directory.path)/known_hosts" }
    let user: String

    /// - Parameter settings: further lines of `sshd_config`, which win over those below.
    init(settings: [String] = []) async throws {
        directory = try TemporaryDirectory()
        chmod(directory.path, 0o700)
        port = try #require(SocketAddress("127.0.0.1", port: 0)).bindOnce()
        user = try #require(LocalAccount.current()).name
        for name in ["host", "id"] {
            try await Self.run(
                "/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", "\(directory.path)/\(name)"])
        }
        let publicKey = try String(contentsOfFile: "\(directory.path)/id.pub", encoding: .utf8)
        try publicKey.write(toFile: "\(directory.path)/authorized_keys", atomically: true, encoding: .utf8)
        let host = try String(contentsOfFile: "\(directory.path)/host.pub", encoding: .utf8)
        try "[127.0.0.1]:\(port) \(host)".write(toFile: knownHosts, atomically: true, encoding: .utf8)
        let lines =
            settings + [
                "ListenAddress 127.0.0.1", "Port \(port)", "HostKey \(directory.path)/host",
                "AuthorizedKeysFile \(directory.path)/authorized_keys", "PidFile \(directory.path)/sshd.pid",
                "UsePAM no",
                "StrictModes no", "PermitRootLogin yes", "PasswordAuthentication no", "MaxStartups 100",
            ]
        try lines.joined(separator: "\n").write(
            toFile: "\(directory.path)/sshd.conf", atomically: true, encoding: .utf8)
        if geteuid() == 0 { mkdir("/run/sshd", 0o755) }
        try await start()
    }

    /// It takes connections when this returns.
    func start() async throws {
        try await Self.run(
            "/usr/sbin/sshd", ["-f", "\(directory.path)/sshd.conf", "-E", "\(directory.path)/sshd.log"])
        let end = ContinuousClock.now + .seconds(10)
        while SocketAddress("127.0.0.1", port: port)?.accepts() != true || pid == nil {
            try #require(ContinuousClock.now < end, "sshd does not listen")
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    var pid: Int32? {
        (try? String(contentsOfFile: "\(directory.path)/sshd.pid", encoding: .utf8))
            .flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    /// Ends the one that listens, and the connections with it.
    func stop() {
        guard let pid else { return }
        for each in descendants(of: pid) { kill(each, SIGKILL) }
        kill(pid, SIGKILL)
        unlink("\(directory.path)/sshd.pid")
    }

    /// Cuts the connections that stand; new ones are taken.
    func cut() {
        guard let pid else { return }
        for each in descendants(of: pid) { kill(each, SIGKILL) }
    }

    /// How many it has run; it writes them down at `LogLevel VERBOSE`.
    var commands: Int {
        let log = (try? String(contentsOfFile: "\(directory.path)/sshd.log", encoding: .utf8)) ?? ""
        return log.components(separatedBy: "Starting session: command").count - 1
    }

    /// The processes of sshd that serve connections; what they started is not among them.
    private func descendants(of pid: Int32) -> [Int32] {
        let all = (try? ProcessStatus.all()) ?? []
        var found: [Int32] = []
        var parents: Set<Int32> = [pid]
        while true {
            let next = all.filter { parents.contains($0.parent) && Self.name($0.pid) == "sshd" }.map(\.pid)
            guard !next.isEmpty else { return found }
            found += next
            parents = Set(next)
        }
    }

    private static func name(_ pid: Int32) -> String {
        (try? SystemFile.text("/proc/\(pid)/comm")) ?? ""
    }

    func remove() {
        stop()
        directory.remove()
    }

    static func run(_ program: String, _ arguments: [String]) async throws {
        let result = try await Subprocess.run(
            .path(FilePath(program)), arguments: Arguments(arguments), output: .discarded,
            error: .string(limit: 1 << 16))
        try #require(result.terminationStatus.isSuccess, "\(program): \(result.standardError)")
    }

    var target: SSHTarget {
        SSHTarget(
            host: "127.0.0.1", port: port, user: user,
            credential: .key(file: keyFile, certificate: nil, passphrase: nil),
            hostKeys: HostKeyPolicy(files: [knownHosts]))
    }

    /// Options that lead here.
    var options: [String: JSONValue] {
        [
            "hosts": ["127.0.0.1"], "ssh_port": .integer(port), "user": .string(user),
            "ssh_keyfile": .string(keyFile), "known_hosts": [.string(knownHosts)],
            "session_directory": .string(base),
        ]
    }
}
