import MultipleSpawner

/// The original's variables: `CORC_PROVIDERS_OCI_PROFILE_COMPARTMENT_ID` and its like.
struct OCIEnvironment: Sendable {
    private let environment: [String: String]

    init(_ environment: [String: String]) {
        self.environment = environment
    }

    /// The options, with what variables say where they say nothing. Lists and objects are not taken from variables.
    func completing(_ options: JSONValue, _ shape: ObjectShape) -> JSONValue {
        completing(options.isNull ? [:] : options, shape, prefix: "CORC_PROVIDERS_OCI")
    }

    private func completing(_ options: JSONValue, _ shape: ObjectShape, prefix: String) -> JSONValue {
        guard case .object(var members) = options else { return options }
        for field in shape.fields {
            let name = "\(prefix)_\(field.name.uppercased())"
            let isSaid = ([field.name] + field.aliases).contains { members[$0] != nil }
            switch field.shape {
            case .object(let inner):
                let value = completing(members[field.name] ?? [:], inner, prefix: name)
                if value != [:] || isSaid { members[field.name] = value }
            case .list, .map, .anything, .either: continue
            default:
                guard !isSaid, let value = environment[name], !value.isEmpty else { continue }
                members[field.name] = .string(value)
            }
        }
        return .object(members)
    }
}
