/// Sees to it that what placeholders bring into options stays one setting or one word, where several stand in one text.
///
/// Mount options have no way to quote a comma. A value that holds one is refused, and so is one with a line break. In a
/// command that is one text, a value with a space, a quote or a backslash is.
struct SettingGuard {
    let placeholders: Placeholders

    /// - Throws: `invalid_request` that names the placeholder; the value itself is never shown, as it may be private.
    func check(_ node: JSONNode, against shape: Shape) throws(SpawnError) {
        switch (shape, node.value) {
        case (.setting, .string(let text)):
            try check(text, Self.separatesSettings, "a comma or a line break, and would be more than one mount option")
        case (.words, .string(let text)):
            try check(
                text, Self.separatesWords,
                "a space, a quote or a backslash, and would be more than one word of the command; the admin can write the "
                    + "command as a list")
        case (.list(let element), .array(let nodes)):
            for node in nodes { try check(node, against: element) }
        case (.list(let element), _):
            try check(node, against: element)
        case (.map(let element), .object(let members)):
            for member in members { try check(member.value, against: element) }
        case (.object(let object), .object(let members)):
            for member in members {
                let inner = object.field(named: member.key)?.shape ?? object.others ?? .anything
                try check(member.value, against: inner)
            }
        case (.either(let shapes), _):
            // Whichever it turns out to be.
            for shape in shapes { try check(node, against: shape) }
        default:
            return
        }
    }

    private static func separatesSettings(_ scalar: Unicode.Scalar) -> Bool { scalar.isControl || scalar == "," }

    private static func separatesWords(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isControl || scalar.properties.isWhitespace || scalar == "'" || scalar == "\"" || scalar == "\\"
    }

    private func check(
        _ text: String, _ isSeparator: (Unicode.Scalar) -> Bool, _ problem: String
    ) throws(SpawnError) {
        for name in PlaceholderText(text).names {
            let placeholder = "{\(name)}"
            let value = try placeholders.fill(placeholder)
            guard value != placeholder else { continue }
            guard !value.unicodeScalars.contains(where: isSeparator) else {
                throw SpawnError(
                    .invalidRequest,
                    "what '{\(name.excerpt)}' stands for holds \(problem); change it where it comes from")
            }
        }
    }
}
