/// The values that placeholders stand for in one request.
///
/// A text is filled in one pass: what comes out of a placeholder is never looked at again, so that no user name can
/// hold a placeholder. Keys of objects are left alone. What is not known stays as it is.
///
/// What the hub says wins over what it knows of the user, which the user may have sent: with one exception, `{username}`,
/// which in the originals' files is the account that the data of a mount name.
public struct Placeholders: Sendable {
    /// What becomes of the names that only the user's attributes can fill.
    private enum Attributes: Sendable {
        /// There are none: such a name is not known.
        case none
        /// They are filled in.
        case filled([String: Secret])
        /// They stay as they are written, for options that are shown. So does what the request does not bring.
        case left
    }

    private let identity: SessionIdentity
    private let environment: [String: Secret]
    private let attributes: Attributes

    /// - Parameters:
    ///   - names: the user's attributes that fill placeholders besides.
    ///   - isShown: whether the options are for people: what the attributes hold stays out of them then.
    public init(for request: SessionRequest, attributes names: [String] = [], isShown: Bool = false) {
        let attributes: Attributes =
            if isShown { .left } else if names.isEmpty { .none } else { .filled(request.attributes.texts(of: names)) }
        self.init(identity: request.identity, environment: request.environment, attributes: attributes)
    }

    public init(identity: SessionIdentity, environment: [String: Secret]) {
        self.init(identity: identity, environment: environment, attributes: .none)
    }

    private init(identity: SessionIdentity, environment: [String: Secret], attributes: Attributes) {
        self.identity = identity
        self.environment = environment
        self.attributes = attributes
    }

    /// Whether something in the text has the form of a placeholder.
    public static func remain(in text: String) -> Bool { !PlaceholderText(text).names.isEmpty }

    /// Whether a user's attribute may be in what was filled in.
    var holdsAttributes: Bool {
        guard case .filled = attributes else { return false }
        return true
    }

    /// Whether a place may keep a placeholder that was not filled in, whatever belongs there.
    var leavesRest: Bool {
        guard case .left = attributes else { return false }
        return true
    }

    /// The text with its placeholders filled in; those that only a later step knows stay.
    ///
    /// - Throws: `invalid_request` for a placeholder that stands for a secret, and for a value with which the text would
    ///   hold a `{{` that is not its own: whoever gets the options may read a template there, as Docker does.
    public func fill(_ text: String) throws(SpawnError) -> String {
        var filled = ""
        // The placeholder whose value was the last to come in, where nothing else came after it.
        var last: String?
        for part in PlaceholderText(text).parts {
            let name: String?
            let addition: String
            switch part {
            case .text(let text): (name, addition) = (nil, text)
            case .placeholder(let placeholder):
                let value = try value(of: placeholder)
                (name, addition) = (value == nil ? nil : placeholder, value ?? "{\(placeholder)}")
            }
            guard !addition.isEmpty else { continue }
            let brace = UInt8(ascii: "{")
            if let source = name ?? last, filled.utf8.last == brace, addition.utf8.first == brace {
                throw Self.templateRefusal(source)
            }
            filled += addition
            last = name
        }
        return filled
    }

    /// - Parameter keys: keys of the object whose values are left as they are.
    func fill(_ node: JSONNode, except keys: Set<String> = []) throws(SpawnError) -> JSONNode {
        switch node.value {
        case .string(let text):
            return JSONNode(.string(try fill(text)), at: node.range)
        case .array(let elements):
            var filled: [JSONNode] = []
            for element in elements { filled.append(try fill(element)) }
            return JSONNode(.array(filled), at: node.range)
        case .object(let members):
            var filled: [JSONMember] = []
            for member in members {
                let value = keys.contains(member.key) ? member.value : try fill(member.value)
                filled.append(JSONMember(key: member.key, keyRange: member.keyRange, value: value))
            }
            return JSONNode(.object(filled), at: node.range)
        default:
            return node
        }
    }

    private func value(of name: String) throws(SpawnError) -> String? {
        let value: String?
        switch PlaceholderName(name) {
        case .secret: throw Self.refusal(name)
        case .deferred: return nil
        case .identity:
            let own = name == "username" ? attribute(name) : nil
            value = own ?? (name == "server_name" ? identity.server : identity.user)
        case .environment, .unknown:
            if let found = environment[name]?.reveal() ?? fallback(name) {
                if PlaceholderName.looksSecret(name) { throw Self.refusal(name) }
                value = found
            } else {
                value = attribute(name)
            }
        }
        if let value, value.utf8.contains("{{".utf8) { throw Self.templateRefusal(name) }
        if let value, PlaceholderText(value).names.contains(where: { PlaceholderName($0) == .deferred }) {
            // A later step fills the text in once more, and would take this for its own.
            throw SpawnError(
                .invalidRequest,
                "the value of '{\(name.excerpt)}' holds a placeholder itself; rename what it comes from")
        }
        return value
    }

    /// What the user's attributes say. It may be a key, and goes where a template lists the attribute.
    private func attribute(_ name: String) -> String? {
        guard case .filled(let values) = attributes else { return nil }
        return values[name]?.reveal()
    }

    /// What the hub's environment says of the user, for a request that brings none.
    private func fallback(_ name: String) -> String? {
        switch name {
        case "JUPYTERHUB_USER", "JPY_USER": identity.user
        case "JUPYTERHUB_SERVER_NAME": identity.server
        default: nil
        }
    }

    /// The value is never shown, as it may be private.
    private static func templateRefusal(_ name: String) -> SpawnError {
        SpawnError(
            .invalidRequest,
            "what '{\(name.excerpt)}' stands for brings '{{' into an option, where it could be read as a template; "
                + "change it where it comes from")
    }

    static func refusal(_ name: String) -> SpawnError {
        SpawnError(
            .invalidRequest,
            "the placeholder '{\(name.excerpt)}' stands for a secret, which has no place in an option; "
                + "the server gets it in its environment")
    }
}
