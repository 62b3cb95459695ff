/// The one quoter for POSIX shells.
public enum ShellQuote {
    /// The text as one word that a POSIX shell takes for itself and nothing else.
    ///
    /// A shell sees bytes: a quote is one to it also where a combining mark follows, which makes it another `Character`.
    /// It cannot hold a NUL byte: whoever may have one in hand refuses it before.
    public static func quoted(_ word: String) -> String {
        let quote = UInt8(ascii: "'")
        let inside = word.utf8.flatMap { byte in byte == quote ? Array(#"'"'"'"#.utf8) : [byte] }
        return String(decoding: [quote] + inside + [quote], as: UTF8.self)
    }
}
