import MultipleSpawner

/// A command as text, taken apart as a shell does: spaces separate, quotes and backslashes keep together. Nothing is
/// expanded.
enum ShellWords {
    /// - Throws: `invalid_request` for a quote that is not closed.
    static func split(_ text: String) throws(SpawnError) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var characters = text.makeIterator()
        while let character = characters.next() {
            switch (quote, character) {
            case (nil, "\\"):
                word = (word ?? "") + (characters.next().map(String.init) ?? "\\")
            case ("\"", "\\"):
                let next = characters.next()
                let keeps = next != "\"" && next != "\\" && next != "$" && next != "`"
                word = (word ?? "") + (keeps ? "\\" : "") + (next.map(String.init) ?? "")
            case (nil, "\""), (nil, "'"):
                quote = character
                word = word ?? ""
            case (let open?, _) where character == open:
                quote = nil
            case (nil, _) where character.isWhitespace:
                if let finished = word { words.append(finished) }
                word = nil
            default:
                word = (word ?? "") + String(character)
            }
        }
        guard quote == nil else {
            throw SpawnError(.invalidRequest, "the command '\(text.excerpt)' has a quote that is not closed; close it")
        }
        return words + (word.map { [$0] } ?? [])
    }

    /// A command as options give it: text, or a list that is taken as it is.
    static func read(_ bound: JSONValue?) throws(SpawnError) -> [String]? {
        switch bound {
        case .string(let text): try split(text)
        case .array(let words): words.compactMap(\.stringValue)
        default: nil
        }
    }
}
