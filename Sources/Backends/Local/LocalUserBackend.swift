public import MultipleSpawner

/// Servers on this machine, each under the system account of its user: JupyterHub's `LocalProcessSpawner`.
///
/// The daemon must run as root. Accounts are not made, and those below uid 1000 are refused unless the template says
/// otherwise.
public struct LocalUserBackend: LocalProcessBackend {
    public static let kind: BackendKind = "local_user"
    public static let switchesAccount = true

    /// What templates call it.
    public static let classes = ["multiplespawner.LocalUser", "jupyterhub.spawner.LocalProcessSpawner"]

    public let machine: LocalMachine

    public init(_ machine: LocalMachine) {
        self.machine = machine
    }
}
