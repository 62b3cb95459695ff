import Glibc
import MultipleSpawner
import ScriptedServer
import Testing

@testable import Transport

/// A real sshd on the loopback address, with a configuration and host keys of its own.
struct KeyTestServer {
    let directory: TemporaryDirectory
    let port: Int
    let account: String
    let hostKeys: [HostKey]
    private let process: pid_t
    private let output: Int32

    /// - Parameters:
    ///   - authority: the line of an authority whose certificates are believed.
    ///   - authorized: the keys that may log in.
    ///   - types: of its host keys.
    init(authority: String? = nil, authorized: [String] = [], types: [String] = ["ed25519"]) async throws {
        let directory = try TemporaryDirectory()
        self.directory = directory
        // sshd wants it there where it runs as root.
        if geteuid() == 0 { mkdir("/run/sshd", 0o755) }
        let record = try #require(getpwuid(geteuid()))
        account = String(cString: record.pointee.pw_name)
        var lines = [
            "PidFile none", "UsePAM no", "StrictModes no", "LogLevel VERBOSE",
            "PasswordAuthentication no", "KbdInteractiveAuthentication no", "PermitRootLogin prohibit-password",
            "AuthorizedKeysFile \(directory.path)/authorized_keys",
        ]
        for type in types {
            let file = "\(directory.path)/host_\(type)"
            let run = try await ToolRun.of(["ssh-keygen", "-q", "-t", type, "-N", "", "-f", file])
            try #require(run.status == 0, "\(run.text)")
            lines.append("HostKey \(file)")
        }
        hostKeys = try types.map { try #require(HostKey(line: directory.text("host_\($0).pub"))) }
        _ = try directory.file("authorized_keys", authorized.map { $0 + "\n" }.joined())
        if let authority {
            lines.append("TrustedUserCAKeys \(try directory.file("authority", authority + "\n"))")
        }
        (process, output, port) = try await Self.start(directory, lines)
    }

    /// Starts sshd at a port that is free; where somebody else was quicker, at another.
    private static func start(
        _ directory: TemporaryDirectory, _ lines: [String]
    ) async throws -> (pid_t, output: Int32, port: Int) {
        while true {
            let port = try freePort()
            let config = try directory.file(
                "config", (["ListenAddress 127.0.0.1:\(port)"] + lines).joined(separator: "\n") + "\n")
            _ = try directory.file("log", "")
            let (process, output) = try Program.start(
                ["/usr/sbin/sshd", "-D", "-f", config, "-E", directory.path + "/log"])
            try await wait { ["Server listening", "Cannot bind"].contains { log(in: directory).contains($0) } }
            if log(in: directory).contains("Server listening") { return (process, output, port) }
            end(process, output)
        }
    }

    private static func end(_ process: pid_t, _ output: Int32) {
        kill(process, SIGTERM)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        close(output)
    }

    func stop() {
        Self.end(process, output)
        directory.removeTree()
    }

    var log: String { Self.log(in: directory) }

    private static func log(in directory: TemporaryDirectory) -> String {
        let bytes = try? KnownHostsFile.content(of: directory.path + "/log")
        return String(decoding: bytes ?? [], as: UTF8.self)
    }

    /// What `ssh` says to the command `echo we are in`.
    func ssh(_ options: String..., knownHosts: String? = nil, account: String? = nil) async throws -> ToolRun {
        let known = try knownHosts ?? directory.file("known", "[127.0.0.1]:\(port) \(hostKeys[0])\n")
        return try await ToolRun.of(
            [
                "ssh", "-F", "none", "-p", String(port), "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes",
                "-o", "UserKnownHostsFile=\(known)", "-o", "GlobalKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes",
                "-o", "IdentityAgent=none", "-o", "UpdateHostKeys=no",
            ] + options + ["\(account ?? self.account)@127.0.0.1", "echo we are in"])
    }

    private static func freePort() throws -> Int {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                try #require(bind(socket, generic, length) == 0 && getsockname(socket, generic, &length) == 0)
            }
            return Int(UInt16(bigEndian: pointer.pointee.sin_port))
        }
    }
}
