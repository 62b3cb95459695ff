/// Looks at the placeholders in the options of a file: which are not known, which ask for a secret.
struct PlaceholderCheck {
    let strict: Bool
    /// Whether any name may be one of the user's attributes, which only the hub knows.
    let hasAttributes: Bool
    private(set) var remarks: [Remark] = []

    init(strict: Bool, hasAttributes: Bool) {
        self.strict = strict
        self.hasAttributes = hasAttributes
    }

    mutating func look(at node: JSONNode) {
        switch node.value {
        case .string(let text):
            for name in PlaceholderText(text).names { look(at: name, in: node) }
        case .array(let elements):
            for element in elements { look(at: element) }
        case .object(let members):
            for member in members { look(at: member.value) }
        default:
            break
        }
    }

    private mutating func look(at name: String, in node: JSONNode) {
        switch PlaceholderName(name) {
        case .identity, .environment, .deferred:
            break
        case .secret:
            remarks.append(
                Remark(
                    .error, at: node.range.lowerBound, .secretPlaceholder, Placeholders.refusal(name).message))
        case .unknown where hasAttributes && !PlaceholderName.belongsToHub(name):
            break
        case .unknown:
            let proposal =
                NearestName.of(name, among: PlaceholderName.proposals).map { "; did you mean '{\($0)}'?" }
                ?? (PlaceholderName.mayBeEnvironment(name) ? " unless the hub's environment has it" : "")
            remarks.append(
                Remark(
                    strict ? .error : .warning, at: node.range.lowerBound, .unknownPlaceholder,
                    "the placeholder '{\(name.excerpt)}' is not known; it stays as it is\(proposal)"))
        }
    }
}
