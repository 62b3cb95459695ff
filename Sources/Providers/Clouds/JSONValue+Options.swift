import MultipleSpawner

extension JSONValue {
    /// A list of strings that are not empty.
    var strings: [String] { arrayValue?.compactMap(\.filledString) ?? [] }

    /// A string that is not empty.
    var filledString: String? { stringValue.flatMap { $0.isEmpty ? nil : $0 } }

    /// These options, and those of `other` over them; objects within are put together too.
    func merged(with other: JSONValue) -> JSONValue {
        guard case .object(var members) = self, case .object(let others) = other else { return other }
        for (key, value) in others { members[key] = members[key]?.merged(with: value) ?? value }
        return .object(members)
    }
}
