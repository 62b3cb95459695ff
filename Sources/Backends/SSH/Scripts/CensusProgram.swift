import MultipleSpawner

/// The program that tells which sessions have a directory in an account.
struct CensusProgram: Sendable {
    let base: String
    /// One session alone; `nil`: all.
    var session: SessionID?

    func text() -> ShellText {
        var text = ShellText()
        text.set(base: base)
        text.set("only", session?.rawValue ?? "")
        text.add(Self.program)
        return text
    }

    private static let program = #"""
        main() {
          say here
          set +f
          for d in "$base"/sessions/*/; do
            set -f
            d=${d%/}
            name=${d##*/}
            [ -d "$d" ] || continue
            [ -z "$only" ] || [ "$only" = "$name" ] || continue
            say session "$name"
            while IFS= read -r line; do say label "$line"; done 2>/dev/null <"$d/label"
            line=
            { read -r line <"$d/state"; } 2>/dev/null
            say state $line
          done
        }
        """#
}
