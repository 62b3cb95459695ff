/// What a program said, as it may stand in a message or in the details of an error.
public enum ProgramWords {
    /// One line without control characters, of so many characters at most.
    public static func line(_ text: String, most: Int = 300) -> String {
        var line = ""
        var count = 0
        var isBlank = false
        for scalar in text.unicodeScalars {
            guard count < most else { return line + "…" }
            if scalar.properties.isWhitespace {
                isBlank = !line.isEmpty
                continue
            }
            if isBlank { line += " " }
            isBlank = false
            line.unicodeScalars.append(isPlain(scalar) ? scalar : "\u{FFFD}")
            count += 1
        }
        return line
    }

    /// The last lines that say something.
    public static func lastLines(_ text: String, most: Int = 20) -> [String] {
        text.split(whereSeparator: \.isNewline).map { line(String($0)) }.filter { !$0.isEmpty }.suffix(most)
    }

    /// Neither controls a terminal nor turns the direction of the text around it.
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: false
        default: true
        }
    }
}
