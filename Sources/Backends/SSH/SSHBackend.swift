import Logging
public import MultipleSpawner
import Transport

/// Servers on other machines, started and watched over SSH.
///
/// The machine needs an account, `/bin/sh`, `/proc` and the server's own program; nothing of ours is installed there.
public struct SSHBackend: Backend {
    public static let kind: BackendKind = "ssh"

    /// What templates call it; the first name is our own.
    public static let classes = [
        "multiplespawner.SSH", "sshspawner.sshspawner.SSHSpawner", "sshspawner.sshspawner.CloudSSHSpawner",
        "cloudsshspawner.sshspawner.CloudSSHSpawner", "cloudsshspawner.cloudsshspawner.CloudSSHSpawner",
    ]

    public static var options: ObjectShape { SSHOptions.shape }

    let machines: SSHMachines
    let tunnels: SSHTunnels
    let installation: String
    let log = Logger(label: "multiplespawner.ssh")

    var places: SSHPlaces { machines.places }
    var account: DaemonAccount { machines.account }

    public init(_ configuration: SSHConfiguration) {
        machines = SSHMachines(
            configuration: configuration, places: SSHPlaces(),
            account: DaemonAccount(stateDirectory: configuration.stateDirectory, home: configuration.home))
        tunnels = SSHTunnels(machines, log: log)
        installation = configuration.installation
    }

    /// One command for each machine answers for all sessions there.
    public var pollInterval: Duration { .seconds(5) }

    public static func menu(of options: JSONValue) -> Menu {
        guard options["host_choice"] == .string(HostChoice.form.rawValue) else { return Menu() }
        let machines = (try? SSHOptions(options))?.hosts.map(\.text) ?? []
        return Menu(machines: machines, keys: [SSHOptions.choiceKey])
    }

    public static func settle(
        _ options: JSONValue, with choice: Choice, within limits: HardwareLimits
    ) throws(SpawnError) -> JSONValue {
        guard case .object(var settled) = options else { return options }
        settled["chosen_host"] = nil
        if let chosen = choice.options[SSHOptions.choiceKey] {
            guard let name = chosen.stringValue else {
                throw SpawnError(
                    .invalidRequest, "'\(SSHOptions.choiceKey)' is \(chosen.kindName); write a machine's name")
            }
            settled["chosen_host"] = .string(name)
            _ = try SSHOptions(.object(settled)).candidates()
        }
        return .object(settled)
    }

    /// Those that could be chosen; a machine whose name is not known yet is none.
    public static func machines(of options: JSONValue) -> [MachineAddress] {
        guard let read = try? SSHOptions(options), let hosts = try? read.candidates() else { return [] }
        return hosts.map { MachineAddress(host: $0.address.host, port: $0.address.port ?? read.port) }
    }

    public func resume(_ handles: [Handle]) async {
        for handle in handles {
            guard let ssh = try? SSHHandle(handle) else { continue }
            places.note(ssh.place, base: ssh.base)
            if let session = ssh.session, let port = ssh.port { places.notePort(port, of: session) }
            tunnels.resume(ssh)
        }
    }

    public func configured(by options: [JSONValue]) async {
        places.configured(by: options)
    }
}

extension SSHOptions {
    /// The key of user options by which a user chooses a machine.
    static let choiceKey = "remote_host"
}
