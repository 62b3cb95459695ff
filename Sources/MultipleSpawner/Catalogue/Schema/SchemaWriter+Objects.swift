extension SchemaWriter {
    mutating func schema(of object: ObjectShape, requiringAll: Bool) -> JSONValue {
        var properties: [String: JSONValue] = [:]
        var rules: [JSONValue] = []
        for field in object.fields {
            properties[field.name] = property(field)
            for alias in field.aliases {
                properties[alias] = [
                    "$comment": .string("another spelling of '\(field.name)'"), "deprecated": true,
                    "allOf": [property(field)],
                ]
            }
            let spellings = [field.name] + field.aliases
            if requiringAll, field.isRequired { rules.append(Self.oneOf(spellings)) }
            for (index, first) in spellings.enumerated() {
                for second in spellings.dropFirst(index + 1) {
                    rules.append(["not": ["required": [.string(first), .string(second)]]])
                }
            }
        }
        if let variants = object.variants { rules += self.rules(of: variants, in: object) }
        var members: [String: JSONValue] = ["type": "object", "properties": .object(properties)]
        members["additionalProperties"] = object.others.map { schema(of: $0) } ?? false
        if !rules.isEmpty { members["allOf"] = .array(rules) }
        return .object(members)
    }

    /// A key that need not be given may also be null, which is the same.
    private mutating func property(_ field: Field) -> JSONValue {
        let schema = schema(of: field.shape)
        var members = (field.isRequired ? schema : Self.any(of: [schema, ["type": "null"]])).objectValue ?? [:]
        members["description"] = .string(field.summary)
        return .object(members)
    }

    private static func oneOf(_ spellings: [String]) -> JSONValue {
        let each = spellings.map { JSONValue.object(["required": [.string($0)]]) }
        return each.count == 1 ? each[0] : ["anyOf": .array(each)]
    }

    /// `if` the selector has one of these values, `then` the target has that shape.
    private mutating func rules(of variants: Variants, in object: ObjectShape) -> [JSONValue] {
        variants.cases.map { entry in
            var names = entry.names.map { JSONValue.string($0) }
            var condition: [String: JSONValue] = ["required": [.string(variants.selector)]]
            if let preset = variants.preset, entry.names.contains(preset) {
                // Not given, or null, is the preset.
                names.append(nil)
                condition = [:]
            }
            condition["properties"] = [variants.selector: ["enum": .array(names)]]
            let target = Self.any(of: [options(entry.shape, named: entry.title), ["type": "null"]])
            return ["if": .object(condition), "then": ["properties": [variants.target: target]]]
        }
    }
}
