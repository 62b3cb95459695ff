/// Turns shapes into schemas.
struct SchemaWriter {
    /// Schemas that others refer to, by their names.
    private(set) var definitions: [String: JSONValue] = [:]
    private let sharesDefinitions: Bool
    /// Whether a text with a placeholder may stand for any scalar: so it is in the options of a backend.
    private var takesPlaceholders = false

    init(sharesDefinitions: Bool) {
        self.sharesDefinitions = sharesDefinitions
    }

    mutating func schema(of shape: Shape, requiringAll: Bool = true) -> JSONValue {
        switch shape {
        case .anything: [:]
        case .list(let element):
            list(of: shared(schema(of: element)))
        case .map(let element): ["type": "object", "additionalProperties": schema(of: element)]
        case .object(let object): schema(of: object, requiringAll: requiringAll)
        case .either(let shapes): Self.any(of: shapes.map { schema(of: $0) })
        case .string, .choice, .boolean, .integer, .number, .memory, .quantity, .path, .setting, .words: scalar(shape)
        }
    }

    /// A list; one value stands for a list of one.
    private func list(of element: JSONValue) -> JSONValue {
        Self.any(of: [["type": "array", "items": element], element])
    }

    /// One of several; nested ones are taken apart, equal ones are written once.
    static func any(of schemas: [JSONValue]) -> JSONValue {
        var flat: [JSONValue] = []
        for schema in schemas {
            let parts = schema.objectValue?.count == 1 ? schema["anyOf"]?.arrayValue ?? [schema] : [schema]
            for part in parts where !flat.contains(part) { flat.append(part) }
        }
        if flat.contains([:]) { return [:] }
        return flat.count == 1 ? flat[0] : ["anyOf": .array(flat)]
    }

    // MARK: Scalars

    private mutating func scalar(_ shape: Shape) -> JSONValue {
        let plain = shared(Self.plain(shape))
        guard takesPlaceholders, !Self.takesAnyText(shape) else { return plain }
        return Self.any(of: [plain, define("placeholder", Self.placeholder)])
    }

    private static let placeholder: JSONValue = [
        "type": "string", "pattern": "\\{[A-Za-z_][A-Za-z0-9_]*\\}",
        "description": "Text with a placeholder, which is filled in for each request.",
    ]

    private static func takesAnyText(_ shape: Shape) -> Bool {
        switch shape {
        case .string, .setting, .words, .path: true
        default: false
        }
    }

    private static func plain(_ shape: Shape) -> JSONValue {
        switch shape {
        case .choice(let choices): ["enum": .array(choices.map { .string($0) })]
        case .path: ["type": "string", "minLength": 1]
        case .boolean:
            any(of: [
                ["type": "boolean"],
                ["type": "string", "pattern": "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[Yy][Ee][Ss]|[Nn][Oo])$"],
            ])
        case .integer(let range):
            any(of: [
                bounded(
                    "integer", least: range.lowerBound == .min ? nil : .integer(range.lowerBound),
                    most: range.upperBound == .max ? nil : .integer(range.upperBound)),
                ["type": "string", "pattern": "^\\s*[+-]?[0-9]+\\s*$"],
            ])
        case .number(let range):
            any(of: [
                bounded("number", least: bound(range.lowerBound), most: bound(range.upperBound)),
                ["type": "string", "pattern": "^\\s*[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?\\s*$"],
            ])
        case .memory:
            any(of: [
                bounded(
                    "number", least: gigabytes(MemorySize.range.lowerBound),
                    most: gigabytes(MemorySize.range.upperBound)),
                [
                    "type": "string",
                    "pattern":
                        "^\\s*[0-9]+(\\.[0-9]*)?([eE][+-]?[0-9]+)?\\s*([KMGTkmgt]?[Bb]?|[KMGTkmgt][Ii][Bb])\\s*$",
                ],
            ])
        case .quantity(let quantity):
            any(of: [["type": "number", "minimum": 0], ["type": "string", "pattern": .string(quantity.pattern)]])
        case .string, .setting, .words, .list, .map, .object, .either, .anything: ["type": ["string", "number"]]
        }
    }

    private static func bounded(_ type: String, least: JSONValue?, most: JSONValue?) -> JSONValue {
        var members: [String: JSONValue] = ["type": .string(type)]
        members["minimum"] = least
        members["maximum"] = most
        return .object(members)
    }

    private static func bound(_ value: Double) -> JSONValue? {
        guard abs(value) < .greatestFiniteMagnitude else { return nil }
        return Int(exactly: value).map { .integer($0) } ?? .number(value)
    }

    private static func gigabytes(_ bytes: Int) -> JSONValue? {
        bound(Double(bytes) / Double(ResourceSpecification.gibibyte))
    }

    // MARK: Definitions

    /// A schema that is used in several places: written once, where the document has a place for it.
    mutating func define(_ name: String, _ schema: JSONValue) -> JSONValue {
        guard sharesDefinitions else { return schema }
        definitions[name] = schema
        return ["$ref": .string("#/$defs/\(name)")]
    }

    /// A schema that is long and may well be needed again: written once for all equal ones.
    private mutating func shared(_ schema: JSONValue) -> JSONValue {
        guard sharesDefinitions, schema.text.utf8.count > 120 else { return schema }
        if let known = definitions.first(where: { $0.value == schema }) {
            return ["$ref": .string("#/$defs/\(known.key)")]
        }
        return define("part-\(definitions.count { $0.key.hasPrefix("part-") } + 1)", schema)
    }

    /// The options of a plug-in: placeholders may stand in them, and what they lack may be given elsewhere.
    mutating func options(_ shape: Shape, named name: String) -> JSONValue {
        let outer = takesPlaceholders
        takesPlaceholders = true
        defer { takesPlaceholders = outer }
        return define("\(name)-options", schema(of: shape, requiringAll: false))
    }
}
