import Backends
import Configurers
import FoundationEssentials
import MultipleSpawner
import Providers
import Transport

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
    ///   - playbooks: where playbooks and scripts are looked for; `nil`: where the environment says.
    ///   - publicAddress: what machines call this one.
    ///   - connections: to be shut down before the program exits.
    static func registry(
        stateDirectory: String, openFileLimit: Int? = nil, docker: DockerSettings = DockerSettings(),
        installation: String = "", grace: Duration = .seconds(10), playbooks: String? = nil,
        publicAddress: String? = nil, connections: Connections = Connections(),
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(SpawnError) -> Registry {
        let machine = try LocalMachine(logDirectory: stateDirectory + "/logs", openFileLimit: openFileLimit)
        var swarm = try docker.swarm(environment: environment, connections: connections)
        swarm.installation = installation
        swarm.grace = grace
        let swarmBackend = SwarmBackend(swarm)
        let ssh = SSHConfiguration(
            links: connections.ssh, stateDirectory: stateDirectory, installation: installation,
            home: environment["HOME"])
        let cloud: @Sendable (ProviderSite) -> CloudSite = { site in
            CloudSite(
                installation: site.installation, stateDirectory: stateDirectory, environment: environment,
                http: connections.http)
        }
        return Registry(
            backends: [
                Registry.Entry(LocalBackend(machine), classes: LocalBackend.classes),
                Registry.Entry(LocalUserBackend(machine), classes: LocalUserBackend.classes),
                Registry.Entry(swarmBackend, classes: SwarmBackend.classes),
                Registry.Entry(SSHBackend(ssh), classes: SSHBackend.classes),
                Registry.Entry(ExecBackend(installation: installation), classes: ExecBackend.classes),
                Registry.Entry(MockBackend(), classes: MockBackend.classes),
            ] + announced,
            authenticators: [
                Registry.AuthenticatorEntry(
                    SSHAuthenticator(stateDirectory: stateDirectory, environment: environment),
                    classes: SSHAuthenticator.classes),
                Registry.AuthenticatorEntry(ProgramAuthenticator(), classes: ProgramAuthenticator.classes),
            ],
            configurers: [
                Registry.ConfigurerEntry(
                    AnsibleConfigurer(
                        directory: playbooks, stateDirectory: stateDirectory, environment: environment),
                    classes: AnsibleConfigurer.classes),
                Registry.ConfigurerEntry(
                    ScriptConfigurer(directory: playbooks, environment: environment), classes: ScriptConfigurer.classes),
                Registry.ConfigurerEntry(
                    ExecConfigurer(stateDirectory: stateDirectory, environment: environment),
                    classes: ExecConfigurer.classes),
            ],
            providers: [
                Registry.ProviderMaker(EC2Provider.self) { site throws(SpawnError) in
                    try EC2Provider(name: site.name, options: site.options, site: cloud(site))
                },
                Registry.ProviderMaker(OCIProvider.self) { site throws(SpawnError) in
                    try OCIProvider(name: site.name, options: site.options, site: cloud(site))
                },
                Registry.ProviderMaker(ExecProvider.self) { site throws(SpawnError) in try ExecProvider(site) },
                Registry.ProviderMaker(LibvirtProvider.self) { site throws(SpawnError) in
                    try LibvirtProvider(name: site.name, options: site.options, site: cloud(site))
                },
                Registry.ProviderMaker(StaticProvider.self) { site throws(SpawnError) in
                    try StaticProvider(site, isAnswering: { await MachineDoor.isAnswering($0) })
                },
                Registry.ProviderMaker(LocalProvider.self) { _ in LocalProvider(machine) },
                Registry.ProviderMaker(SwarmProvider.self) { site throws(SpawnError) in
                    try SwarmProvider(site, of: swarmBackend)
                },
            ],
            isAnswering: { await MachineDoor.isAnswering($0) },
            hubValues: { HubValues.values(address: publicAddress) })
    }

    /// Backends of the originals that this build knows by name only.
    private static let announced = [
        Registry.Entry(announced: "docker", classes: ["dockerspawner.DockerSpawner", "dockerspawner.SwarmSpawner"])
    ]
}
