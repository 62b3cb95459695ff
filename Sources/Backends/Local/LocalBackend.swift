public import MultipleSpawner

/// Servers on this machine, under the daemon's own account: JupyterHub's `SimpleLocalProcessSpawner`.
///
/// There is no wall between its users. It suits one person's machine, and tests.
public struct LocalBackend: LocalProcessBackend {
    public static let kind: BackendKind = "local"
    public static let switchesAccount = false

    /// What templates call it.
    public static let classes = ["multiplespawner.Local", "jupyterhub.spawner.SimpleLocalProcessSpawner"]

    public let machine: LocalMachine

    public init(_ machine: LocalMachine) {
        self.machine = machine
    }
}
