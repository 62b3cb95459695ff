import MultipleSpawner

/// The program that waits on the machine until a server listens at its port, and says whether it is that server.
struct AnswerProgram: Sendable {
    let handle: SSHHandle
    let port: Int

    /// How long one asking waits there, in turns of 50 ms.
    static let turns = 40

    func text() -> ShellText {
        var text = ShellText()
        text.set(base: handle.base)
        text.set("id", handle.session?.rawValue ?? "")
        text.set("pid", handle.pid)
        text.set("began", handle.startTime.map { String($0) } ?? "")
        text.set("then", handle.bootID ?? "")
        text.set("patience", Self.turns)
        text.set("hex", ShellText.hexadecimal(port: port))
        text.add(ShellText.members)
        text.add(ShellText.listens)
        text.add(Self.program)
        return text
    }

    private static let program = #"""
        ended() {
          say ended $(cat "$base/sessions/$id/status" 2>/dev/null)
          tail -n 20 "$base/sessions/$id/log" 2>/dev/null | while IFS= read -r line; do say log "$line"; done
        }
        main() {
          [ "$then" = "$boot" ] || { say rebooted; return; }
          while [ "$patience" -gt 0 ]; do
            lives "$pid" "$began" || { ended; return; }
            if listens; then say own; return; fi
            # Whoever left the family is found by its environment.
            if [ -n "$listening" ]; then
              find_sockets $(members)
              if owns; then say own; return; fi
              [ "$patience" -gt 34 ] || { say stranger; return; }
            fi
            patience=$((patience - 1))
            sleep 0.05
          done
          say silent
        }
        """#
}
