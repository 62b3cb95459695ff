public import MultipleSpawner
import Subprocess
import Synchronization
import SystemPackage

/// A connection that OpenSSH's own `ssh` holds, for what libssh2 cannot: ciphers, keys and certificates that it lacks.
///
/// One `ssh` stays connected; each command and each tunnel is asked of it through a socket in a private directory. It
/// ends when this process does.
public final class OpenSSHLink: SSHLink {
    public static let transport = "OpenSSH"

    /// Commands that run at once on a connection. A server takes ten, of which one keeps the connection, and some are for
    /// logs that are followed.
    static let mostCommands = 7

    public let target: SSHTarget
    public var place: String { target.description }
    let program: String
    let directory: ControlDirectory
    let master = OpenSSHMaster()
    let turns = Turns(OpenSSHLink.mostCommands)
    let entrances = Entrances()
    let pumps = SocketPumps()

    var control: String { "\(directory.path)/c" }

    private init(_ target: SSHTarget, program: String, directory: ControlDirectory) {
        self.target = target
        self.program = program
        self.directory = directory
    }

    /// Connects, and returns when commands can be run.
    ///
    /// - Throws: what `OpenSSHComplaint` makes of what `ssh` says.
    public static func connect(
        to target: SSHTarget, program: String = "/usr/bin/ssh", limit: Duration = .seconds(30)
    ) async throws -> OpenSSHLink {
        let directory = try await FileWork.run { () throws(SpawnError) in try ControlDirectory() }
        let link = OpenSSHLink(target, program: program, directory: directory)
        let askPass = try link.secret.map { secret throws(SpawnError) in try AskPass(secret, in: link.directory.path) }
        let arguments = try OpenSSHArguments(target: target, program: program)
            .master(control: link.control, marker: OpenSSHMaster.marker)
        link.master.start(program, arguments, environment: link.environment(askPass), target: target)
        do {
            try await link.master.ready(within: limit)
        } catch {
            await link.close()
            throw error
        }
        withExtendedLifetime(askPass) {}
        // A connection that is lost leaves sockets that nobody closes.
        Task { [master = link.master, pumps = link.pumps] in
            _ = await master.ended()
            pumps.cancelAll()
        }
        return link
    }

    public func ended() async -> SpawnError {
        await master.ended()
    }

    public func close() async {
        await master.stop()
    }

    deinit {
        master.cancel()
    }

    private var secret: Secret? {
        switch target.credential {
        case .key(_, _, let passphrase): passphrase
        case .password(let password): password
        case .agent: nil
        }
    }

    private func environment(_ askPass: AskPass?) -> [String: String] {
        var environment = Self.environment
        if let askPass {
            environment["SSH_ASKPASS"] = askPass.program
            environment["SSH_ASKPASS_REQUIRE"] = "force"
        }
        return environment
    }

    /// Nothing of the daemon's own but a path; and the words of errors as they are looked for.
    static let environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"]

    /// Runs `ssh` for something that is asked of the connection.
    func asking(_ rest: [String]) -> Configuration {
        var platform = PlatformOptions()
        platform.createSession = true
        platform.teardownSequence = [
            .gracefulShutDown(allowedDurationToNextStep: .milliseconds(500))
        ]
        return Configuration(
            executable: .path(FilePath(program)),
            arguments: Arguments(OpenSSHArguments.sharing(control: control, rest)),
            environment: .custom(Environment.values(Self.environment)), platformOptions: platform)
    }
}

extension Environment {
    /// Names and values as this library wants them.
    static func values(_ variables: [String: String]) -> [Environment.Key: String] {
        Dictionary(uniqueKeysWithValues: variables.map { (Environment.Key(stringLiteral: $0.key), $0.value) })
    }
}
