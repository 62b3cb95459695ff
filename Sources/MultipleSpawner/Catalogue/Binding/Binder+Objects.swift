extension Binder {
    mutating func bindObject(_ node: JSONNode, to shape: ObjectShape, requiringAll: Bool) -> JSONValue? {
        guard let members = node.members else { return mismatch(node, "an object") }
        let outer = label
        defer { label = outer }
        var values: [String: JSONValue] = [:]
        var given: Set<String> = []
        let target = shape.variants.flatMap { variants in selectedShape(variants, of: members, in: shape) }
        for member in members {
            label = member.key
            guard let field = shape.field(named: member.key) else {
                if let others = shape.others {
                    values[member.key] = bind(member.value, to: others)
                } else {
                    unknownKey(member, in: shape)
                }
                continue
            }
            // Nothing is as good as not given, as it was in Python. A required key wants a value.
            if member.value.isNull, !field.isRequired { continue }
            guard given.insert(field.name).inserted else {
                reportRepeated(member, field)
                continue
            }
            if field.name == shape.variants?.target {
                if let target { values[field.name] = bindOptions(member.value, to: target) }
            } else {
                values[field.name] = bind(member.value, to: field.shape)
            }
        }
        label = outer
        if requiringAll { requireFields(shape, given: given, of: node) }
        return .object(values)
    }

    private mutating func requireFields(_ shape: ObjectShape, given: Set<String>, of node: JSONNode) {
        for field in shape.fields where field.isRequired && !given.contains(field.name) {
            let place = label.isEmpty ? "" : " in '\(label.excerpt)'"
            error(
                .missingKey, at: node.range.lowerBound,
                "'\(field.name)' is missing\(place): \(field.summary.loweringFirst)")
        }
    }

    private mutating func unknownKey(_ member: JSONMember, in shape: ObjectShape) {
        let known = shape.fields.flatMap { [$0.name] + $0.aliases }
        let proposal =
            NearestName.of(member.key, among: known).map { "; did you mean '\($0)'?" }
            ?? (shape.fields.isEmpty
                ? "; nothing is expected here" : "; known are \(NearestName.list(shape.fields.map(\.name)))")
        error(.unknownKey, at: member.keyRange.lowerBound, "the key '\(member.key.excerpt)' is not known\(proposal)")
    }

    /// Equal keys were reported by the reader; here it is two spellings of one.
    private mutating func reportRepeated(_ member: JSONMember, _ field: Field) {
        guard !field.aliases.isEmpty else { return }
        error(
            .duplicateKey, at: member.keyRange.lowerBound,
            "'\(member.key.excerpt)' is another spelling of a key that is given already ('\(field.name)'); keep one")
    }

    /// What the target of the variants may hold; `nil` when the selector's value is wrong, which is told elsewhere.
    private func selectedShape(
        _ variants: Variants, of members: [JSONMember], in shape: ObjectShape
    ) -> Shape? {
        let selector = members.first { shape.field(named: $0.key)?.name == variants.selector }?.value
        return variants.shape(for: selector?.string)
    }
}

extension ObjectShape {
    /// The field with this name or alias.
    func field(named key: String) -> Field? {
        fields.first { $0.name == key } ?? fields.first { $0.aliases.contains(key) }
    }
}

extension String {
    fileprivate var loweringFirst: String {
        guard let first, dropFirst().first?.isUppercase != true else { return self }
        return first.lowercased() + dropFirst()
    }
}
