/// Sees to it that what placeholders bring into options stays one setting, where several stand in one text.
///
/// Mount options have no way to quote a comma. A value that holds one is refused, and so is one with a line break, or
/// with the beginning of a template of whoever gets the options.
struct SettingGuard {
    let placeholders: Placeholders

    /// - Throws: `invalid_request` that names the placeholder; the value itself is never shown, as it may be private.
    func check(_ node: JSONNode, against shape: Shape) throws(SpawnError) {
        switch (shape, node.value) {
        case (.setting, .string(let text)):
            try check(text)
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

    private func check(_ text: String) throws(SpawnError) {
        for name in PlaceholderText(text).names {
            let placeholder = "{\(name)}"
            let value = try placeholders.fill(placeholder)
            guard value != placeholder else { continue }
            let holdsSeparator = value.unicodeScalars.contains { $0.isControl || $0 == "," }
            guard !holdsSeparator, !value.utf8.contains("{{".utf8) else {
                throw SpawnError(
                    .invalidRequest,
                    "what '{\(name.excerpt)}' stands for holds a comma, a line break or '{{', and would be more than one "
                        + "mount option; change it where it comes from")
            }
        }
    }
}
