/// The programs that write down which process of the SSH server holds a port for us, and end it when it outlived its
/// connection: it is the account's own.
struct DoorProgram: Sendable {
    let base: String
    let port: Int

    func noting() -> ShellText {
        var text = text()
        text.add(
            #"""
            main() {
              keeper || return
              mkdir -p "$base/doors" && printf '%s %s\n' "$number" "$start" >"$base/doors/$port-$boot"
              find "$base/doors" -type f -mtime +30 -exec rm -f {} + 2>/dev/null
            }
            """#)
        return text
    }

    /// Nothing is held there any more.
    func forgetting() -> ShellText {
        var text = text()
        text.add("main() { rm -f \"$base/doors/$port-$boot\"; rmdir \"$base/doors\" 2>/dev/null; }")
        return text
    }

    func freeing() -> ShellText {
        var text = text()
        text.add(
            #"""
            main() {
              set -- $(cat "$base/doors/$port-$boot" 2>/dev/null)
              [ $# -eq 2 ] && [ "$1" -gt 1 ] || return
              old=$1 began=$2
              keeper && [ "$number" != "$old" ] || return
              lives "$old" "$began" && kill -TERM "$old" 2>/dev/null || return
              for round in 1 2 3 4 5 6 7 8 9 10; do
                lives "$old" "$began" || break
                sleep 0.1
              done
            }
            """#)
        return text
    }

    private func text() -> ShellText {
        var text = ShellText()
        text.set(base: base)
        text.set("port", port)
        // The process of the SSH server above this shell.
        text.add(
            #"""
            keeper() {
              number=$$
              while stat_of "$number" && [ "$number" -gt 1 ]; do
                comm=
                { read -r comm <"/proc/$number/comm"; } 2>/dev/null
                case $comm in sshd*) return 0 ;; esac
                number=$parent
              done
              return 1
            }
            """#)
        return text
    }
}
