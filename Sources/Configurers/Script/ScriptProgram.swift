import MultipleSpawner

/// A program for `/bin/sh` on another machine that runs a script there, whatever it is written in.
///
/// The script and its variables travel in the text, on the input of `sh`: no list of processes shows them. The script is a
/// file of the account's own for as long as it runs, and its input is empty.
struct ScriptProgram: Sendable {
    let script: String
    let environment: [String: String]

    /// - Throws: `invalid_request` for what a shell cannot hold.
    func text() throws(SpawnError) -> String {
        guard !script.utf8.contains(0) else {
            throw SpawnError(.invalidRequest, "the script holds a NUL byte; it has to be a text")
        }
        let variables = environment.sorted { $0.key < $1.key }
            .map { "export \($0.key)=\(ShellQuote.quoted($0.value))" }.joined(separator: "\n")
        // All of it is one function: a text that arrives in part does nothing.
        return #"""
            main() {
            mask=$(umask)
            umask 077
            directory=$(mktemp -d) || return 1
            trap 'rm -rf "$directory"' EXIT
            trap 'exit 129' HUP INT TERM
            printf '%s' \#(ShellQuote.quoted(script)) >"$directory/script" || return 1
            umask "$mask"
            \#(variables)
            \#(interpreter) "$directory/script" </dev/null
            }
            main
            exit $?

            """#
    }

    /// What runs it: the file itself may lie where nothing can be executed.
    private var interpreter: String {
        guard script.hasPrefix("#!"), let line = script.dropFirst(2).split(whereSeparator: \.isNewline).first else {
            return "/bin/sh"
        }
        // As the system does it: a program, and all the rest as one argument.
        let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
            .map { $0.trimmingBlanks }.filter { !$0.isEmpty }
        return words.isEmpty ? "/bin/sh" : words.map(ShellQuote.quoted).joined(separator: " ")
    }
}

extension Substring {
    fileprivate var trimmingBlanks: String {
        let isBlank = { (character: Character) in character == " " || character == "\t" || character == "\r" }
        var text = drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return String(text)
    }
}
