import MultipleSpawner

/// What a program on another machine has said, in its own lines.
struct ShellAnswer: Sendable {
    /// The words of each line, without the mark.
    let lines: [[Substring]]
    private let place: String
    private let rest: String

    init(_ answer: RemoteAnswer, to text: ShellText, at place: String) {
        let said = answer.text.split(whereSeparator: \.isNewline)
        lines = said.filter { $0.hasPrefix(text.mark + " ") }
            .map { $0.dropFirst(text.mark.utf8.count + 1).split(separator: " ") }
        self.place = place
        let errors = String(decoding: answer.errors.suffix(2000), as: UTF8.self)
        rest =
            errors.split(whereSeparator: \.isNewline).last.map { $0.description.excerpt }
            ?? said.last.map { $0.description.excerpt } ?? "it said nothing"
    }

    /// What is said after this word, for the first line that begins with it.
    subscript(word: String) -> [Substring]? {
        lines.first { $0.first.map { $0 == word } ?? false }.map { Array($0.dropFirst()) }
    }

    /// The answer was not what was expected.
    func failure(_ doing: String) -> SpawnError {
        if let reason = self["failed"] {
            return SpawnError(.backendFailed, "\(place), \(doing): \(reason.joined(separator: " ").excerpt)")
        }
        return SpawnError(
            .backendFailed, "\(place) did not answer as expected, \(doing): \(rest); is its /bin/sh a shell?")
    }
}
