import Glibc
import MultipleSpawner
import Testing

@testable import Transport

/// A real sshd on the loopback address, with a configuration, host keys and a user's key of its own.
struct SSHServer: Sendable {
    let directory: TemporaryDirectory
    let port: Int
    let account: String
    /// An ed25519 key that may log in, and its public line.
    let key: String
    private(set) var process: pid_t
    private let output: Int32
    private let command: [String]

    /// - Parameters:
    ///   - lines: what comes first in its configuration, and so counts.
    ///   - types: of its host keys.
    ///   - passwords: accounts that exist for this server alone, with root's id; needs a mount namespace.
    init(
        _ lines: [String] = [], types: [String] = ["ed25519"], authorized: [String] = [],
        passwords: [String: String] = [:], port: Int? = nil
    ) async throws {
        let directory = try TemporaryDirectory()
        self.directory = directory
        if geteuid() == 0 { mkdir("/run/sshd", 0o755) }
        let record = try #require(getpwuid(geteuid()))
        account = String(cString: record.pointee.pw_name)
        self.port = try port ?? TestSocket.freePort()
        key = try await Self.makeKey("ed25519", directory.path + "/user")
        var config = lines
        for type in types {
            config.append("HostKey \(try await Self.makeKey(type, "\(directory.path)/host_\(type)"))")
        }
        config += [
            "ListenAddress 127.0.0.1:\(self.port)", "PidFile none", "UsePAM no", "StrictModes no", "LogLevel DEBUG1",
            "PasswordAuthentication no", "KbdInteractiveAuthentication no", "PermitRootLogin yes",
            "MaxStartups 100:30:200", "PubkeyAuthentication yes",
            "AuthorizedKeysFile \(directory.path)/authorized_keys",
            "StreamLocalBindUnlink yes",
        ]
        let keys = try [directory.text("user.pub")] + authorized.map { $0 + "\n" }
        _ = try directory.file("authorized_keys", keys.joined())
        let file = try directory.file("config", config.joined(separator: "\n") + "\n")
        let daemon = ["/usr/sbin/sshd", "-D", "-f", file, "-E", directory.path + "/log"]
        command = try await passwords.isEmpty ? daemon : Self.hidden(daemon, directory, passwords)
        (process, output) = try Program.start(command)
        try await wait {
            access(directory.path + "/log", F_OK) == 0
                && (try? directory.text("log").contains("Server listening")) == true
        }
        let scan = try (0..<types.count).map { try directory.text("host_\(types[$0]).pub") }
        hostKeys = scan.map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
        _ = try directory.file("known_hosts", hostKeys.map { "\(name) \($0)\n" }.joined())
    }

    /// The public halves of its host keys, without a comment.
    let hostKeys: [String]

    /// As `known_hosts` files call it.
    var name: String { "[127.0.0.1]:\(port)" }
    var knownHosts: String { directory.path + "/known_hosts" }
    var log: String { (try? directory.text("log")) ?? "" }

    func target(
        _ credential: SSHCredential? = nil, user: String? = nil, jumps: [SSHTarget] = [], knownHosts: [String]? = nil,
        acceptsNew: Bool = false
    ) -> SSHTarget {
        SSHTarget(
            host: "127.0.0.1", port: port, user: user ?? account,
            credential: credential ?? .key(file: key, certificate: nil, passphrase: nil), jumps: jumps,
            hostKeys: HostKeyPolicy(files: knownHosts ?? [self.knownHosts], acceptsNew: acceptsNew))
    }

    func stop() {
        for child in children() { kill(child, SIGKILL) }
        kill(process, SIGKILL)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        close(output)
        directory.removeTree()
    }

    /// The processes that serve its connections.
    func children() -> [pid_t] {
        Self.children(of: process)
    }

    static func children(of process: pid_t) -> [pid_t] {
        guard let stream = opendir("/proc") else { return [] }
        defer { closedir(stream) }
        var found: [pid_t] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let id = pid_t(name), let file = fopen("/proc/\(id)/stat", "r") else { continue }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 512)
            guard fgets(&line, 512, file) != nil else { continue }
            let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
            if fields.count > 1, pid_t(fields[1]) == process { found.append(id) }
        }
        return found
    }

    static func makeKey(_ type: String, _ file: String, passphrase: String = "", _ more: String...) async throws
        -> String
    {
        let run = try await ToolRun.of(["ssh-keygen", "-q", "-t", type, "-N", passphrase, "-f", file] + more)
        try #require(run.status == 0, "\(run.text)")
        return file
    }

    /// The daemon where `/etc/passwd` and `/etc/shadow` are others, for it alone.
    private static func hidden(
        _ daemon: [String], _ directory: TemporaryDirectory, _ passwords: [String: String]
    ) async throws -> [String] {
        var (accounts, hashes) = ("", "")
        for (name, password) in passwords {
            let hash = try await ToolRun.of(["openssl", "passwd", "-6", password])
            accounts += "\(name):x:0:0::/root:/bin/sh\n"
            hashes += "\(name):\(hash.text.split(separator: "\n")[0]):19000:0:99999:7:::\n"
        }
        let script = """
            set -e
            cat /etc/passwd >> \(directory.path)/passwd; cat /etc/shadow >> \(directory.path)/shadow
            mount --bind \(directory.path)/pam /etc/pam.d/sshd
            mount --bind \(directory.path)/passwd /etc/passwd; mount --bind \(directory.path)/shadow /etc/shadow
            exec "$@"
            """
        let module = "auth required pam_unix.so\naccount required pam_permit.so\nsession required pam_permit.so\n"
        _ = try directory.file("pam", module)
        _ = try directory.file("passwd", accounts)
        _ = try directory.file("shadow", hashes)
        return ["unshare", "-m", "/bin/sh", "-c", script, "sh"] + daemon
    }

    static var canHideFiles: Bool {
        get async {
            guard geteuid() == 0 else { return false }
            return (try? await ToolRun.of(["unshare", "-m", "true"]).status) == 0
        }
    }
}

/// Connections for one test, ended with it.
func withLinks<Value>(
    _ limits: SSHLimits = SSHLimits(), _ body: (SSHLinks) async throws -> Value
) async throws -> Value {
    let links = SSHLinks(limits: limits)
    do {
        let value = try await body(links)
        await links.close()
        return value
    } catch {
        await links.close()
        throw error
    }
}
