import Backends
import Configurers
import FoundationEssentials
import MultipleSpawner

/// Every plug-in that there is, by name. Nothing else in the program names one.
enum Plugins {
    /// The registry. Making it does nothing outside of the process.
    ///
    /// - Parameters:
    ///   - stateDirectory: where backends keep logs, and authenticators known hosts.
    ///   - openFileLimit: how many open files servers start with; `nil`: as many as the daemon.
    ///   - docker: where Docker is; the environment completes it.
    ///   - installation: tells this daemon's things from another one's.
    ///   - grace: how long servers are given to end.
    ///   - connections: to be shut down before the program exits.
    static func registry(
        stateDirectory: String, openFileLimit: Int? = nil, docker: DockerSettings = DockerSettings(),
        installation: String = "", grace: Duration = .seconds(10), connections: Connections = Connections(),
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(SpawnError) -> Registry {
        let machine = try LocalMachine(logDirectory: stateDirectory + "/logs", openFileLimit: openFileLimit)
        var swarm = try docker.swarm(environment: environment, connections: connections)
        swarm.installation = installation
        swarm.grace = grace
        let ssh = SSHConfiguration(
            links: connections.ssh, stateDirectory: stateDirectory, installation: installation,
            home: environment["HOME"])
        return Registry(
            backends: [
                Registry.Entry(LocalBackend(machine), classes: LocalBackend.classes),
                Registry.Entry(LocalUserBackend(machine), classes: LocalUserBackend.classes),
                Registry.Entry(SwarmBackend(swarm), classes: SwarmBackend.classes),
                Registry.Entry(SSHBackend(ssh), classes: SSHBackend.classes),
                Registry.Entry(MockBackend(), classes: MockBackend.classes),
            ] + announced,
            authenticators: [
                Registry.AuthenticatorEntry(
                    SSHAuthenticator(stateDirectory: stateDirectory, environment: environment),
                    classes: SSHAuthenticator.classes),
                Registry.AuthenticatorEntry(ProgramAuthenticator(), classes: ProgramAuthenticator.classes),
            ], announcedHooks: hooks)
    }

    /// Backends of the originals that this build knows by name only.
    private static let announced = [
        Registry.Entry(announced: "docker", classes: ["dockerspawner.DockerSpawner", "dockerspawner.SwarmSpawner"])
    ]

    /// Configurers of the originals that this build knows by name only.
    private static let hooks = ["corc.configurer.AnsibleConfigurer"]
}
