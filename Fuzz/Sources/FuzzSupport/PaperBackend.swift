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
        Field("images", .list(.map(.either([.string, Access.shape]))), "What users choose from."),
        Field("uploads", .integer(0...9), "How many files users may bring."),
        Field("keys", .list(.string), "What else users may choose."),
        Field("user_format_attributes", .list(.string), "Attributes that fill placeholders."),
    ])

    public static func menu(of options: JSONValue) -> Menu {
        Menu(
            images: (options["images"]?.arrayValue ?? []).map { image in
                Menu.Image(
                    name: image["name"]?.stringValue ?? "", image: image["image"]?.stringValue ?? "",
                    access: image["access"].map { access in
                        Access(bound: access.stringValue.map { [.string($0)] } ?? access)
                    })
            },
            uploads: options["uploads"]?.integerValue.flatMap { most in
                most > 0 ? Menu.Uploads(extensions: [".txt"], mostFiles: most, mostBytes: 8) : nil
            },
            keys: options["keys"]?.arrayValue?.compactMap(\.stringValue) ?? [])
    }

    /// The image that is chosen stands in the options afterwards.
    public static func settle(
        _ options: JSONValue, with choice: Choice, within limits: HardwareLimits
    ) throws(SpawnError) -> JSONValue {
        guard let image = choice.image, var settled = options.objectValue else { return options }
        settled["image"] = .string(image.image)
        return .object(settled)
    }

    public func start(_ plan: SessionPlan, checkpoint: Checkpoint) async throws -> Endpoint {
        throw SpawnError(.unsupported, "a paper backend starts nothing")
    }
    public func isAnswering(_ handle: Handle, at endpoint: Endpoint) async throws -> Bool { false }
    public func poll(_ handles: [Handle]) async -> [Observation] { [] }
    public func stop(_ handle: Handle, grace: Duration) async throws {}
    public func logs(_ handle: Handle, follow: Bool) async throws -> LogStream { LogStream { $0.finish() } }
    public func census() async throws -> Census { Census() }
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
