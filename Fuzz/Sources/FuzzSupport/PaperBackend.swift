public import MultipleSpawner

/// A backend with an option of each shape; it starts nothing.
public struct PaperBackend: Backend {
    public static let kind: BackendKind = "paper"
    public static let options = ObjectShape([
        Field("cmd", .list(.string), aliases: ["command"], "The command."),
        Field("port", .integer(0...65535), "The port."),
        Field("nice", .number(-20...19), "The priority."),
        Field("shared", .boolean, "Whether it is shared."),
        Field("mem_limit", .memory, "The most memory."),
        Field("working_directory", .path, "Where it starts."),
        Field("environment", .map(.string), "Variables."),
        Field("level", .choice(["low", "high"]), "How much."),
        Field("image", .string, "The image."),
        Field("mixed", .either([.boolean, .list(.integer(0...9)), .map(.anything)]), "One of several."),
        Field("extra", .object(ObjectShape([Field("depth", .integer(0...9), required: true, "How deep.")])), "More."),
    ])

    public func start(_ plan: SessionPlan, checkpoint: Checkpoint) async throws -> Endpoint {
        throw SpawnError(.unsupported, "a paper backend starts nothing")
    }
    public func isAnswering(_ handle: Handle, at endpoint: Endpoint) async throws -> Bool { false }
    public func poll(_ handles: [Handle]) async -> [Observation] { [] }
    public func stop(_ handle: Handle, grace: Duration) async throws {}
    public func logs(_ handle: Handle, follow: Bool) async throws -> LogStream { LogStream { $0.finish() } }
    public func census() async throws -> [Resident] { [] }
    public func examine(_ options: JSONValue) async -> [Finding] { [] }

    /// A registry with this backend, and one that is known by name only.
    public static let registry = Registry(
        backends: [
            Registry.Entry(
                PaperBackend(), classes: ["multiplespawner.Paper", "jupyterhub.spawner.SimpleLocalProcessSpawner"]),
            Registry.Entry(announced: "swarm", classes: ["jhub.SwarmSpawner"]),
        ],
        announcedHooks: ["corc.authenticator.SSHAuthenticator", "corc.configurer.AnsibleConfigurer"])
}
