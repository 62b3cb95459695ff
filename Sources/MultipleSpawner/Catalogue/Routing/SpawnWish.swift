/// What a user asks for, in one form: whichever of the accepted spellings it came in.
struct SpawnWish: Sendable, Hashable {
    var provider: String?
    var resourceType: ResourceType?
    var template: String?
    var deployment: String?
    /// An image by its own name (`registry/image:tag`), and by the name that the list of images gives it.
    var image: String?
    var imageName: String?
    /// Bytes.
    var memory: Int?
    var cpu: Double?
    var gpu: Int?
    /// Minutes.
    var lifetime: Int?
    var uploads: [Upload] = []
    /// Keys of backends that let users choose more, as they came.
    var keys: [String: JSONValue] = [:]

    init() {}

    /// Reads user options: the original's `{"spawn_options": {…}}`, the same keys without the wrapper, SwarmSpawner's
    /// `user_selected_*`, or nothing.
    ///
    /// A body in which nothing is known wishes nothing, as the originals have it: it starts the default. One that holds
    /// a known key is held to the whole declaration, and an unknown key in it is an error.
    ///
    /// - Parameter what: what messages call the options.
    init(_ options: JSONValue, calling what: String = "user options") throws(SpawnError) {
        switch options {
        case .null:
            self.init()
        case .object(let members):
            let given = Self.withoutBlanks(members)
            if try Self.isForUs(given) {
                try self.init(bound: Self.shape.bind(JSONNode(.object(given)), calling: what))
            } else {
                self.init()
            }
        default:
            throw SpawnError(.invalidRequest, "user options are \(options.kindName); they must be an object")
        }
    }

    private init(bound: JSONValue) throws(SpawnError) {
        let wrapped = bound["spawn_options"]
        if wrapped != nil, let stray = Self.routerFields.first(where: { bound[$0.name] != nil }) {
            throw SpawnError(
                .invalidRequest, "user options: '\(stray.name)' stands beside 'spawn_options'; write it inside of it")
        }
        let wish = wrapped ?? bound
        provider = wish["provider"]?.stringValue
        resourceType = wish["resource_type"]?.stringValue.flatMap(ResourceType.init)
        template = wish["template"]?.stringValue
        deployment = wish["deployment"]?.stringValue
        image = wish["image"]?.stringValue
        let selected = bound["spawn_image_data"]
        image =
            image ?? bound["user_selected_image"]?.stringValue ?? selected?.stringValue
            ?? selected?["image"]?.stringValue
        imageName = bound["user_selected_name"]?.stringValue ?? selected?["name"]?.stringValue
        let hardware = wish["resource_specification"]
        try Self.refuseTwice(wish, inside: "resource_specification", keys: ["memory", "cpu", "gpu"])
        try Self.refuseTwice(wish, inside: "session_configuration", keys: ["lifetime"])
        memory = (hardware?["memory"] ?? wish["memory"])?.integerValue
        cpu = (hardware?["cpu"] ?? wish["cpu"])?.doubleValue
        gpu = (hardware?["gpu"] ?? wish["gpu"])?.integerValue
        lifetime = (wish["session_configuration"]?["lifetime"] ?? wish["lifetime"])?.integerValue
        for file in bound["user_install_files"]?.arrayValue ?? [] { uploads.append(try Upload(bound: file)) }
        for key in Self.menuKeys {
            if let value = bound[key], !value.isEmpty { keys[key] = value }
        }
    }

    /// Whether an image is asked for, by its own name or by that of the list.
    var namesImage: Bool { image != nil || imageName != nil }

    private static func refuseTwice(_ wish: JSONValue, inside group: String, keys: [String]) throws(SpawnError) {
        for key in keys where wish[key] != nil && wish[group]?[key] != nil {
            throw SpawnError(.invalidRequest, "user options: '\(key)' is given twice; write it in '\(group)' only")
        }
    }

    /// An empty field of a form is one that was not filled in.
    private static func withoutBlanks(_ members: [String: JSONValue]) -> [String: JSONValue] {
        var kept: [String: JSONValue] = [:]
        for (key, value) in members {
            switch value {
            case .null, .string(""): continue
            // In what goes to a backend, an empty value may be meant.
            case .object(let inner) where groups.contains(key): kept[key] = .object(withoutBlanks(inner))
            default: kept[key] = value
            }
        }
        return kept
    }

    /// The objects whose members are fields of the form.
    private static let groups: Set<String> = ["spawn_options", "resource_specification", "session_configuration"]

    /// Whether a body is meant for us. A single misspelling of one of our keys is.
    private static func isForUs(_ members: [String: JSONValue]) throws(SpawnError) -> Bool {
        if members.keys.contains(where: knownKeys.contains) { return true }
        for key in members.keys.sorted() {
            guard let nearest = NearestName.of(key, among: knownKeys) else { continue }
            throw SpawnError(
                .invalidRequest, "user options: the key '\(key.excerpt)' is not known; did you mean '\(nearest)'?")
        }
        return false
    }
}

extension JSONValue {
    /// Whether there is nothing in it.
    fileprivate var isEmpty: Bool {
        switch self {
        case .null: true
        case .string(let text): text.isEmpty
        case .array(let elements): elements.isEmpty
        case .object(let members): members.isEmpty
        case .bool, .integer, .number: false
        }
    }
}
