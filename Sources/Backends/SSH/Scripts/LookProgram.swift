import MultipleSpawner

/// The program that tells of many sessions of one machine whether they run.
struct LookProgram: Sendable {
    let handles: [SSHHandle]

    func text() -> ShellText {
        var text = ShellText()
        text.add("one() {")
        text.add("number=$1 id=$2 pid=$3 began=$4 then=$5 base=$6")
        text.add(Self.one)
        text.add("}\nmain() {")
        for (number, handle) in handles.enumerated() {
            text.set(base: handle.base)
            let words = [
                String(number), handle.session?.rawValue ?? "-", handle.pid.map { String($0) } ?? "-",
                handle.startTime.map { String($0) } ?? "-", handle.bootID ?? "-",
            ]
            text.add("one \(words.map(ShellQuote.quoted).joined(separator: " ")) \"$base\"")
        }
        text.add("}")
        return text
    }

    private static let one = #"""
        if [ "$pid" = - ]; then
          set -- $(cat "$base/sessions/$id/state" 2>/dev/null)
          if [ $# -ne 3 ]; then say "$number" unstarted; return; fi
          pid=$1 began=$2 then=$3
        fi
        if [ "$then" != - ] && [ "$then" != "$boot" ]; then say "$number" rebooted; return; fi
        if lives "$pid" "$began"; then say "$number" running; return; fi
        if [ ! -e /proc/self/stat ]; then say "$number" blind; return; fi
        status=
        [ "$id" = - ] || status=$(cat "$base/sessions/$id/status" 2>/dev/null)
        say "$number" ended $status
        """#

    static func states(_ answer: ShellAnswer, count: Int) -> [Observation.State] {
        let facts = Dictionary(
            answer.lines.compactMap { words in
                words.first.flatMap { Int($0) }.map { ($0, Array(words.dropFirst())) }
            }, uniquingKeysWith: { first, _ in first })
        return (0..<count).map { number in
            guard let words = facts[number], let word = words.first else {
                return .unreachable(answer.failure("looking at a session").message)
            }
            switch word {
            case "running": return .running
            case "rebooted": return .lost("the host was rebooted")
            case "ended": return .exited(words.dropFirst().first.flatMap { Int32($0) }.map(status))
            case "unstarted": return .unreachable("it has not been started yet")
            default: return .unreachable("its machine has no /proc")
            }
        }
    }

    /// A shell tells a signal by 128 and its number; here it is below zero.
    static func status(_ shell: Int32) -> Int32 {
        (129...192).contains(shell) ? 128 - shell : shell
    }
}
