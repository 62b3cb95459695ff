import Glibc
import MultipleSpawner
import Testing
import Transport

/// A real sshd on the loopback address, with a configuration and a host key of its own: a machine to log in to.
struct TestMachine {
    let directory: TemporaryDirectory
    let port: Int
    /// The account that the tests run as.
    let account: String
    let hostKey: HostKey
    private let server: Task<Void, Never>

    init(authority: String? = nil, authorized: [String] = []) async throws {
        let directory = try TemporaryDirectory()
        self.directory = directory
        // sshd wants it there where it runs as root.
        if geteuid() == 0 { mkdir("/run/sshd", 0o755) }
        account = String(cString: try #require(getpwuid(geteuid())).pointee.pw_name)
        let files = SSHKeyFiles(directory: directory.path, name: "host")
        hostKey = try await files.make(.ed25519, comment: "")
        let keys = try directory.file("authorized_keys", authorized.map { $0 + "\n" }.joined())
        let trusted = try directory.file("authority", authority.map { $0 + "\n" } ?? "")
        let lines = """
            HostKey \(files.privateFile)
            PidFile none
            UsePAM no
            StrictModes no
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            PermitRootLogin prohibit-password
            AuthorizedKeysFile \(keys)
            TrustedUserCAKeys \(trusted)

            """
        (server, port) = try await Self.start(directory, lines)
    }

    /// Starts sshd at a port that is free; where somebody else was quicker, at another.
    private static func start(
        _ directory: TemporaryDirectory, _ lines: String
    ) async throws -> (Task<Void, Never>, port: Int) {
        while true {
            let port = try freePort()
            let config = try directory.file("config", "ListenAddress 127.0.0.1:\(port)\n" + lines)
            _ = try directory.file("log", "")
            let program = HelperProgram(
                ["/usr/sbin/sshd", "-D", "-f", config, "-E", directory.path + "/log"], limit: .seconds(300))
            let server = Task { _ = try? await program.run() }
            let end = ContinuousClock.now + .seconds(20)
            while true {
                let log = directory.text("log") ?? ""
                if log.contains("Server listening") { return (server, port) }
                if log.contains("Cannot bind") { break }
                try #require(ContinuousClock.now < end, "sshd does not start")
                try await Task.sleep(for: .milliseconds(5))
            }
            await server.value
        }
    }

    var address: MachineAddress { MachineAddress(host: "127.0.0.1", port: port) }

    func stop() async {
        server.cancel()
        await server.value
        directory.remove()
    }

    /// Whether `ssh` gets in with these credentials, and with nothing else.
    func admits(_ credentials: Credentials, _ command: String = "echo we are in") async throws -> Bool {
        let answer = try await HelperProgram(arguments(credentials) + [command]).run()
        return answer.status == 0 && answer.text.contains("we are in")
    }

    func arguments(_ credentials: Credentials) throws -> [String] {
        var arguments = [
            "ssh", "-F", "none", "-p", String(port), "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes",
            "-o", "GlobalKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none",
            "-o", "UserKnownHostsFile=\(try #require(credentials.knownHostsFile))",
            "-i", try #require(credentials.keyFile),
        ]
        if let certificate = credentials.certificateFile { arguments += ["-o", "CertificateFile=\(certificate)"] }
        return arguments + ["\(credentials.account ?? account)@127.0.0.1"]
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
