/// The values that placeholders stand for in one request.
///
/// A text is filled in one pass: what comes out of a placeholder is never looked at again, so that no user name can
/// hold a placeholder. Keys of objects are left alone. What is not known stays as it is.
public struct Placeholders: Sendable {
    private let identity: SessionIdentity
    private let environment: [String: Secret]

    public init(for request: SessionRequest) {
        self.init(identity: request.identity, environment: request.environment)
    }

    public init(identity: SessionIdentity, environment: [String: Secret]) {
        self.identity = identity
        self.environment = environment
    }

    /// The text with its placeholders filled in; those that only a later step knows stay.
    ///
    /// - Throws: `invalid_request` for a placeholder that stands for a secret.
    public func fill(_ text: String) throws(SpawnError) -> String {
        var filled = ""
        for part in PlaceholderText(text).parts {
            switch part {
            case .text(let text): filled += text
            case .placeholder(let name): filled += try value(of: name) ?? "{\(name)}"
            }
        }
        return filled
    }

    func fill(_ node: JSONNode) throws(SpawnError) -> JSONNode {
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
                filled.append(
                    JSONMember(key: member.key, keyRange: member.keyRange, value: try fill(member.value)))
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
        case .identity: value = name == "server_name" ? identity.server : identity.user
        case .environment, .unknown:
            guard let found = environment[name]?.reveal() ?? fallback(name) else { return nil }
            if PlaceholderName.looksSecret(name) { throw Self.refusal(name) }
            value = found
        }
        if let value, PlaceholderText(value).names.contains(where: { PlaceholderName($0) == .deferred }) {
            // A later step fills the text in once more, and would take this for its own.
            throw SpawnError(
                .invalidRequest,
                "the value of '{\(name.excerpt)}' holds a placeholder itself; rename what it comes from")
        }
        return value
    }

    /// What the hub's environment says of the user, for a request that brings none.
    private func fallback(_ name: String) -> String? {
        switch name {
        case "JUPYTERHUB_USER", "JPY_USER": identity.user
        case "JUPYTERHUB_SERVER_NAME": identity.server
        default: nil
        }
    }

    static func refusal(_ name: String) -> SpawnError {
        SpawnError(
            .invalidRequest,
            "the placeholder '{\(name.excerpt)}' stands for a secret, which has no place in an option; "
                + "the server gets it in its environment")
    }
}
