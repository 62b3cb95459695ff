import MultipleSpawner

/// The program that tells whether a machine has what a server needs. It changes nothing.
struct ExaminationProgram {
    let options: SSHOptions
    let host: SSHHost

    func text() -> ShellText {
        var text = ShellText()
        text.set(base: options.base)
        let server = StartProgram.ServerSurroundings(
            path: host.path ?? options.path, condaEnvironment: host.condaEnvironment ?? options.condaEnvironment,
            limits: .none)
        text.set("program", (host.command ?? options.command ?? [LocalCommand.fallback])[0])
        text.set("version", host.command ?? options.command == nil ? "--version" : "")
        text.add("leave() { exit \"$1\"; }\nsurroundings() {\nset +f")
        for line in server.lines([]) { text.add(line) }
        text.add("set -f\n}")
        text.add(Self.program)
        return text
    }

    private static let program = #"""
        main() {
          say here
          command -v setsid >/dev/null || say missing setsid
          [ -r /proc/self/stat ] || say missing /proc
          { mkdir -p "$base" && [ -O "$base" ] && [ -w "$base" ]; } 2>/dev/null || say unwritable "$base"
          rmdir "$base" 2>/dev/null
          (
            surroundings >/dev/null 2>&1
            found=$(command -v "$program") || { say absent "$program"; exit 0; }
            [ -z "$version" ] || version=$("$found" --version 2>/dev/null </dev/null | tail -n 1)
            say program "$found" "$version"
          )
        }
        """#

    static func findings(_ answer: ShellAnswer, _ subject: String) -> [Finding] {
        var findings: [Finding] = []
        func rest(_ words: [Substring]) -> String { words.dropFirst().joined(separator: " ").excerpt }
        for words in answer.lines {
            switch words.first {
            case "missing":
                findings.append(Finding(.failed, subject, "\(rest(words)) is missing there; install it"))
            case "unwritable":
                findings.append(
                    Finding(
                        .failed, subject,
                        "'\(rest(words))' cannot be made or is somebody else's; name another 'session_directory'"))
            case "absent":
                findings.append(
                    Finding(
                        .failed, subject, "'\(rest(words))' is not in PATH there; install it, or set 'cmd' or 'path'"))
            case "program": findings.append(Finding(.ok, subject, rest(words)))
            default: continue
            }
        }
        return findings
    }
}
