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
        text.add("hex=$(printf '%04X' \(port))")
        text.add(ShellText.members)
        text.add(Self.program)
        return text
    }

    private static let program = #"""
        listening() { grep -sh ": [0-9A-F]*:$hex [0-9A-F]*:[0-9A-F]* 0A " /proc/net/tcp /proc/net/tcp6; }
        ended() {
          say ended $(cat "$base/sessions/$id/status" 2>/dev/null)
          tail -n 20 "$base/sessions/$id/log" 2>/dev/null | while IFS= read -r line; do say log "$line"; done
        }
        main() {
          [ "$then" = "$boot" ] || { say rebooted; return; }
          while [ "$patience" -gt 0 ]; do
            lives "$pid" "$began" || { ended; return; }
            found=$(listening)
            if [ -n "$found" ]; then
              inodes=$(printf '%s\n' "$found" | while read -r a b c d e f g h i inode rest; do printf '%s ' "$inode"; done)
              for each in $(members); do
                held=$(ls -l "/proc/$each/fd" 2>/dev/null)
                for inode in $inodes; do
                  case $held in *"socket:[$inode]"*) say own; return ;; esac
                done
              done
              [ "$patience" -gt 34 ] || { say stranger; return; }
            fi
            patience=$((patience - 1))
            sleep 0.05
          done
          say silent
        }
        """#
}
