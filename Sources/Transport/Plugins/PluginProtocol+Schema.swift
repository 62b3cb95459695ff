public import MultipleSpawner

extension PluginProtocol {
    /// The JSON Schema of all that is said: `questions` is what a program reads, `line` what it says, and each result is a
    /// definition of its own.
    public static var schema: JSONValue {
        var definitions: [String: JSONValue] = ["line": JSONSchema.schema(of: .object(PluginLine.shape))]
        var questions: [JSONValue] = []
        for call in calls {
            let name = "\(call.role.rawValue)-\(call.action)"
            definitions["\(name)-question"] = JSONSchema.schema(of: .object(call.wholeQuestion))
            definitions["\(name)-result"] = JSONSchema.schema(of: .object(call.result))
            questions.append(["$ref": .string("#/$defs/\(name)-question")])
        }
        definitions["question"] = ["oneOf": .array(questions)]
        return [
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "MultipleSpawner external plug-ins: what a program reads, and the lines that it says",
            "anyOf": [["$ref": "#/$defs/question"], ["$ref": "#/$defs/line"]],
            "$defs": .object(definitions),
        ]
    }
}
