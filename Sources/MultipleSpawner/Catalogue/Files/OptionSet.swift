/// Options of a backend as a file gives them: bound once when the file is read, and again for a request where they
/// hold placeholders.
struct OptionSet: Sendable {
    /// As written, for filling in; `nil` where nothing is given.
    private let node: JSONNode?
    /// The backend's declaration; `nil` for a backend that is known by name only.
    private let shape: ObjectShape?
    private let source: JSONSource?
    let hasPlaceholders: Bool
    /// Right types and canonical names; strings that hold placeholders as they are.
    let values: [String: JSONValue]

    static let none = OptionSet(node: nil, shape: nil, source: nil, values: [:])

    init(node: JSONNode?, shape: ObjectShape?, source: JSONSource?, values: [String: JSONValue]) {
        self.node = node
        self.shape = shape
        self.source = source
        self.values = values
        hasPlaceholders = node?.holdsPlaceholders ?? false
    }

    /// Binds options as a file gives them. What is wrong comes back beside them.
    static func bind(
        _ node: JSONNode, to shape: ObjectShape?, in source: JSONSource, placeholders: Binder.PlaceholderPolicy
    ) -> (OptionSet, [Remark]) {
        var binder = Binder(placeholders: placeholders)
        let bound = shape.map { binder.bind(node, to: .object($0), requiringAll: false) } ?? node.jsonValue
        let values = bound?.objectValue ?? [:]
        return (OptionSet(node: node, shape: shape, source: source, values: values), binder.remarks)
    }

    /// The options with placeholders filled in, held against the declaration once more.
    func filled(by placeholders: Placeholders) throws(SpawnError) -> [String: JSONValue] {
        guard hasPlaceholders, let node else { return values }
        let filled = try placeholders.fill(node)
        guard let shape else { return filled.jsonValue.objectValue ?? [:] }
        try SettingGuard(placeholders: placeholders).check(node, against: .object(shape))
        var binder = Binder(placeholders: placeholders.leavesRest ? .attributes : .deferred)
        let bound = binder.bind(filled, to: .object(shape), requiringAll: false)
        guard binder.remarks.isEmpty, let members = bound?.objectValue else {
            let remarks = placeholders.holdsAttributes ? binder.remarks.map(Self.withoutValue) : binder.remarks
            let lines = (source?.diagnostics(remarks) ?? []).map(\.description)
            throw SpawnError(
                .invalidRequest,
                "with this request's values an option does not fit: \(lines.first ?? "it cannot be read")",
                details: lines)
        }
        return members
    }

    /// What does not fit may be a key of the user's: the value that a message would show stays out of it.
    private static func withoutValue(_ remark: Remark) -> Remark {
        Remark(
            remark.severity, at: remark.offset, remark.rule,
            "the value does not fit here; what the hub knows of the user may be of another form")
    }
}

extension OptionSet {
    /// The option that names attributes of the user whose values are placeholders, in the words of SwarmSpawner.
    static let attributesKey = "user_format_attributes"

    var attributeNames: [String] {
        values[Self.attributesKey]?.arrayValue?.compactMap(\.stringValue) ?? []
    }
}

extension JSONNode {
    /// Whether a string in here, keys aside, has a placeholder.
    fileprivate var holdsPlaceholders: Bool {
        switch value {
        case .string(let text): !PlaceholderText(text).names.isEmpty
        case .array(let elements): elements.contains(where: \.holdsPlaceholders)
        case .object(let members): members.contains { $0.value.holdsPlaceholders }
        default: false
        }
    }
}
