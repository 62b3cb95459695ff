extension TemplateReader {
    /// The authenticator of a template and its options. Positional arguments become the options that they stand for.
    mutating func authenticator(
        _ bound: JSONValue?, _ node: JSONNode?, placeholders policy: Binder.PlaceholderPolicy
    ) -> (entry: Registry.AuthenticatorEntry?, options: OptionSet) {
        guard let name = bound?["class"]?.stringValue, let node, let entry = registry.authenticatorEntry(named: name)
        else { return (nil, .none) }
        let positions = entry.positionalOptions
        let given = node["kwargs"]?.members ?? []
        var extra: [JSONMember] = []
        for (index, argument) in (node["args"]?.elements ?? node["args"].map { [$0] } ?? []).enumerated() {
            guard index < positions.count, !given.contains(where: { $0.key == positions[index] }) else {
                add(
                    Remark(
                        .error, at: argument.range.lowerBound, .unknownKey,
                        "the argument \(index + 1) of '\(name)' has no meaning; write it by its name in 'kwargs'"))
                continue
            }
            extra.append(JSONMember(key: positions[index], keyRange: argument.range, value: argument))
        }
        func bind(_ members: [JSONMember]) -> (OptionSet, [Remark]) {
            let options = JSONNode(.object(members), at: (node["kwargs"] ?? node).range)
            return OptionSet.bind(options, to: entry.options, in: source, placeholders: policy)
        }
        // What is wrong in kwargs was told with the whole template.
        for remark in bind(extra).1 { add(remark) }
        let (set, _) = bind(given + extra)
        return (entry, set)
    }
}
