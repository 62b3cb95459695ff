import MultipleSpawner

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A backend that starts nothing: the catalogue only asks for its declaration.
struct PaperBackend: Backend {
    static let kind: BackendKind = "paper"
    static let options = ObjectShape([
        Field("cmd", .list(.string), aliases: ["command"], "The command."),
        Field("port", .integer(0...65535), "The port."),
        Field("nice", .number(-20...19), "The priority."),
        Field("shared", .boolean, "Whether it is shared."),
        Field("mem_limit", .memory, "The most memory."),
        Field("working_directory", .path, aliases: ["notebook_dir"], "Where it starts."),
        Field("environment", .map(.string), "Variables."),
        Field("level", .choice(["low", "high"]), "How much."),
        Field("image", .string, "The image."),
        Field("extra", .object(ObjectShape([Field("depth", .integer(0...9), required: true, "How deep.")])), "More."),
        Field(
            "images",
            .list(
                .object(
                    ObjectShape([
                        Field("name", .string, "Its name."), Field("image", .string, "The image."),
                        Field("access", Access.shape, "Whose."), Field("about", .string, "A line."),
                    ]))), "What users choose from."),
        Field("uploads", .integer(0...9), "How many files users may bring."),
        Field("keys", .list(.string), "What else users may choose."),
        Field("machines", .list(.string), "Of which machines users may choose one."),
        Field("user_format_attributes", .list(.string), "Attributes that fill placeholders."),
        Field("mount", .map(.string), "A volume."),
        Field("option_template", .string, "A page."),
    ])

    static func menu(of options: JSONValue) -> Menu {
        Menu(
            images: (options["images"]?.arrayValue ?? []).map { image in
                Menu.Image(
                    name: image["name"]?.stringValue ?? "", image: image["image"]?.stringValue ?? "",
                    access: image["access"].map(Access.init(bound:)), description: image["about"]?.stringValue)
            },
            machines: options["machines"]?.arrayValue?.compactMap(\.stringValue) ?? [],
            uploads: options["uploads"]?.integerValue.flatMap { most in
                most > 0 ? Menu.Uploads(extensions: [".txt", ".yml"], mostFiles: most, mostBytes: 10) : nil
            },
            keys: options["keys"]?.arrayValue?.compactMap(\.stringValue) ?? [],
            page: Menu.Page(option: options["option_template"]?.stringValue))
    }

    /// What was chosen stands in the options afterwards; a network named `host` is nobody's to choose.
    static func settle(
        _ options: JSONValue, with choice: Choice, within limits: HardwareLimits
    ) throws(SpawnError) -> JSONValue {
        if choice.options["networks"] == ["host"] {
            throw SpawnError(.forbidden, "user options: 'networks' may not name 'host'")
        }
        var settled = options.objectValue ?? [:]
        settled["images"] = nil
        settled["image"] = choice.image.map { .string("\($0.image) as \($0.name)") } ?? settled["image"]
        for (key, value) in choice.options { settled["chosen \(key)"] = value }
        if !choice.files.isEmpty { settled["files"] = .array(choice.files.map { .string($0.name) }) }
        if !choice.options.isEmpty { settled["most memory"] = limits.memory.map { .integer($0) } }
        return .object(settled)
    }

    func start(_ plan: SessionPlan, checkpoint: Checkpoint) async throws -> Endpoint {
        throw SpawnError(.unsupported, "a paper backend starts nothing")
    }
    func isAnswering(_ handle: Handle, at endpoint: Endpoint) async throws -> Bool { false }
    func poll(_ handles: [Handle]) async -> [Observation] { [] }
    func stop(_ handle: Handle, grace: Duration) async throws {}
    func logs(_ handle: Handle, follow: Bool) async throws -> LogStream { LogStream { $0.finish() } }
    func census() async throws -> Census { Census() }
    func examine(_ options: JSONValue) async -> [Finding] { [] }
}

/// What the tests of the catalogue begin with.
enum Given {
    static let registry = Registry(
        backends: [
            Registry.Entry(
                PaperBackend(),
                classes: [
                    "multiplespawner.Paper", "jupyterhub.spawner.SimpleLocalProcessSpawner",
                    "jupyterhub.spawner.LocalProcessSpawner",
                ]),
            Registry.Entry(
                announced: "swarm",
                classes: ["multiplespawner.Swarm", "jhub.SwarmSpawner", "jhub.swarmspawner.SwarmSpawner"]),
            Registry.Entry(
                announced: "ssh",
                classes: ["multiplespawner.SSH", "sshspawner.sshspawner.SSHSpawner", "sshspawner.CloudSSHSpawner"]),
            Registry.Entry(announced: "docker", classes: ["dockerspawner.DockerSpawner"]),
            Registry.Entry(announced: "aws", classes: ["aws_fargate_spawner", "aws_ec2_spawner"]),
        ],
        announcedHooks: ["corc.authenticator.SSHAuthenticator", "corc.configurer.AnsibleConfigurer"])

    static func reading(
        _ templates: String? = nil, deployments: String? = nil, providers: String? = nil, lists: [String: String] = [:],
        strict: Bool = false
    ) -> CatalogueReading {
        Catalogue.read(
            CatalogueSources(
                templates: templates.map { CatalogueSources.File(name: "templates.json", text: $0) },
                deployments: deployments.map { CatalogueSources.File(name: "deployments.json", text: $0) },
                providers: providers.map { CatalogueSources.File(name: "providers.json", text: $0) },
                userList: { path throws(SpawnError) in
                    guard let text = lists[path] else {
                        throw SpawnError(.invalidRequest, "cannot read '\(path)': No such file or directory")
                    }
                    return CatalogueSources.File(name: "/etc/lists/\(path)", text: text)
                }),
            registry: registry, strict: strict)
    }

    /// A catalogue from text that must have no error.
    static func catalogue(
        _ templates: String? = nil, deployments: String? = nil, providers: String? = nil, lists: [String: String] = [:]
    ) throws -> Catalogue {
        let reading = reading(templates, deployments: deployments, providers: providers, lists: lists)
        guard let catalogue = reading.catalogue else {
            throw SpawnError(.internal, reading.diagnostics.map(\.description).joined(separator: "\n"))
        }
        return catalogue
    }

    static func request(
        _ options: JSONValue = nil, user: String = "alice", server: String = "", groups: Set<String> = [],
        environment: [String: Secret] = [:], settings: ServerSettings = ServerSettings(),
        files: [String: [UInt8]] = [:], attributes: [String: JSONValue] = [:]
    ) throws -> SessionRequest {
        SessionRequest(
            id: try SessionID("attempt-1"), identity: try SessionIdentity(hub: "hub", user: user, server: server),
            groups: groups, options: options, files: files, attributes: UserAttributes(attributes),
            environment: ["JUPYTERHUB_USER": Secret(user), "JUPYTERHUB_API_TOKEN": "s3cret"].merging(environment) {
                $1
            },
            command: ["jupyterhub-singleuser"], settings: settings)
    }

    /// A file beside the tests.
    static func fixture(_ path: String) throws -> CatalogueSources.File {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let url = tests.appending(path: "Fixtures").appending(path: path)
        return CatalogueSources.File(name: url.lastPathComponent, bytes: Array(try Data(contentsOf: url)))
    }

    static func originals(
        templates: String, deployments: String? = nil, providers: String? = nil
    ) throws -> CatalogueReading {
        Catalogue.read(
            CatalogueSources(
                templates: try fixture("originals/\(templates)"),
                deployments: try deployments.map { try fixture("originals/\($0)") },
                providers: try providers.map { try fixture("originals/\($0)") }),
            registry: registry)
    }
}

extension CatalogueReading {
    /// `LINE:COLUMN rule`, which is what most tests are about.
    var places: [String] { diagnostics.map { "\($0.line):\($0.column) \($0.rule.rawValue)" } }
}
