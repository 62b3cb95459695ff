import MultipleSpawner

/// Fills in an admin's own HTML for the list of images, as SwarmSpawner has it.
///
/// `{option_template}`, `{value}` and `{name}` are filled in once; what is filled in is never looked at again.
enum OwnPage {
    private static let presetForm = """
        <label class="form-label">\(FormField.image.label)
        <select class="form-select" name="\(FormField.image.rawValue)" required autofocus>{option_template}</select>
        </label>
        """
    private static let presetOption = #"<option value="{value}">{name}</option>"#

    /// The HTML of a menu's images; `nil` when the admin has none of their own.
    static func images(_ menu: SpawnForm.Menu) -> String? {
        guard menu.page.form != nil || menu.page.option != nil else { return nil }
        let options = menu.images.map { image in
            fill(
                menu.page.option ?? presetOption,
                ["value": image.value.escapedForAnyAttribute, "name": image.name.escapedForAnyAttribute])
        }
        return fill(menu.page.form ?? presetForm, ["option_template": options.joined(separator: "\n")])
    }

    private static func fill(_ text: String, _ values: [String: String]) -> String {
        var filled = ""
        var rest = text[...]
        while let brace = rest.firstIndex(of: "{") {
            filled += rest[..<brace]
            rest = rest[brace...]
            guard let (name, value) = values.first(where: { rest.hasPrefix("{\($0.key)}") }) else {
                filled.append(rest.removeFirst())
                continue
            }
            filled += value
            rest = rest.dropFirst(name.count + 2)
        }
        return filled + rest
    }
}

extension String {
    /// Text for a place in HTML that somebody else wrote: whatever quotes are around it, or none, it stays text.
    var escapedForAnyAttribute: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".", ":", "/": text.unicodeScalars.append(scalar)
            default: text += "&#\(scalar.value);"
            }
        }
        return text
    }
}
