/// Holds a value against the shape that is declared for its place, and gives it back as the rest of the program reads
/// it: right types, canonical key names, memory in bytes. What does not fit is told, all of it.
struct Binder {
    /// Which strings with placeholders fit a place that wants something else.
    enum PlaceholderPolicy: Sendable {
        /// None: the text is taken as it is.
        case none
        /// All that will be filled in for a request: the value is checked again then.
        case known
        /// The same, and any other name: it may be one of the user's attributes, which only the hub knows.
        case attributes
        /// Those that are filled in later in the start.
        case deferred
    }

    private(set) var remarks: [Remark] = []
    private let options: PlaceholderPolicy
    private var policy: PlaceholderPolicy
    /// The key whose value is being looked at, as messages call it.
    var label = ""

    /// - Parameters:
    ///   - policy: what holds for the whole value.
    ///   - options: what holds for the options of a plug-in within it, where a class decides what they are.
    init(placeholders policy: PlaceholderPolicy = .none, inOptions options: PlaceholderPolicy? = nil) {
        self.policy = policy
        self.options = options ?? policy
    }

    /// The bound value; `nil` when it does not fit, which `remarks` then tell.
    mutating func bind(_ node: JSONNode, to shape: Shape, requiringAll: Bool = true) -> JSONValue? {
        if case .invalid = node.value { return nil }
        switch shape {
        case .anything: return node.jsonValue
        case .list(let element): return bindList(node, of: element)
        case .map(let element): return bindMap(node, of: element)
        case .object(let object): return bindObject(node, to: object, requiringAll: requiringAll)
        case .either(let shapes): return bindEither(node, to: shapes)
        case .string, .choice, .boolean, .integer, .number, .memory, .quantity, .path, .setting, .words:
            if let text = node.string, policy != .none, isFilledInLater(text) { return .string(text) }
            return bindScalar(node, to: shape)
        }
    }

    /// Binds the options of a plug-in. What they lack may be given elsewhere.
    mutating func bindOptions(_ node: JSONNode, to shape: Shape) -> JSONValue? {
        let outer = policy
        policy = options
        defer { policy = outer }
        return bind(node, to: shape, requiringAll: false)
    }

    mutating func error(_ rule: Diagnostic.Rule, at offset: Int, _ message: String) {
        remarks.append(Remark(.error, at: offset, rule, message))
    }

    /// Reports a value of the wrong kind.
    mutating func mismatch(_ node: JSONNode, _ expected: String) -> JSONValue? {
        let seen =
            switch node.value {
            case .string(let text): "'\(text.excerpt)'"
            case .integer(let number): String(number)
            case .number(let number): String(number)
            case .bool(let flag): String(flag)
            default: node.kindName
            }
        error(.wrongType, at: node.range.lowerBound, "\(subject) is \(seen); it must be \(expected)")
        return nil
    }

    var subject: String { label.isEmpty ? "the value" : "'\(label.excerpt)'" }

    private func isFilledInLater(_ text: String) -> Bool {
        PlaceholderText(text).names.contains { name in
            switch PlaceholderName(name) {
            case .identity, .environment: policy != .deferred
            case .deferred: true
            case .secret: false
            case .unknown: policy == .attributes || policy == .known && PlaceholderName.mayBeEnvironment(name)
            }
        }
    }

    // MARK: Lists and maps

    private mutating func bindList(_ node: JSONNode, of element: Shape) -> JSONValue? {
        switch node.value {
        case .array(let elements):
            var values: [JSONValue] = []
            values.reserveCapacity(elements.count)
            for element_ in elements {
                if let value = bind(element_, to: element) { values.append(value) }
            }
            return .array(values)
        case .null:
            return mismatch(node, "a list")
        default:
            return bind(node, to: element).map { .array([$0]) }
        }
    }

    private mutating func bindMap(_ node: JSONNode, of element: Shape) -> JSONValue? {
        guard let members = node.members else { return mismatch(node, "an object") }
        var values: [String: JSONValue] = [:]
        let outer = label
        defer { label = outer }
        for member in members {
            label = member.key
            values[member.key] = bind(member.value, to: element)
        }
        return .object(values)
    }

    /// The first that fits. Where none does, the one that is of the value's own kind tells what is wrong.
    private mutating func bindEither(_ node: JSONNode, to shapes: [Shape]) -> JSONValue? {
        var told: [Remark]?
        for shape in shapes {
            var attempt = Binder(placeholders: policy, inOptions: options)
            attempt.label = label
            let value = attempt.bind(node, to: shape)
            if let value, attempt.remarks.isEmpty { return value }
            if told == nil, shape.isKind(of: node) { told = attempt.remarks }
        }
        if let told {
            remarks += told
            return nil
        }
        return mismatch(node, shapes.map(\.expectation).joined(separator: ", or "))
    }
}

extension Shape {
    /// Whether the value looks as if this shape had been meant.
    fileprivate func isKind(of node: JSONNode) -> Bool {
        switch (self, node.value) {
        case (.object, .object), (.map, .object), (.list, .array): true
        case (.string, .string), (.setting, .string), (.words, .string), (.path, .string), (.choice, .string),
            (.memory, .string):
            true
        case (.integer, .integer), (.number, .integer), (.number, .number), (.memory, .integer), (.memory, .number):
            true
        case (.quantity, .integer), (.quantity, .number), (.quantity, .string): true
        case (.boolean, .bool): true
        default: false
        }
    }
}
