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
        text.add(Self.program)
        return text
    }

    // The kernel takes milliseconds to list all connections, and a server may take seconds to come. So the list is
    // looked at when its processes have other sockets than before, and now and then: it may be a while from the making
    // of a socket to its listening.
    private static let program = #"""
        find_listening() {
        found=$(pattern=": [0-9A-F]*:$hex [0-9A-F]*:[0-9A-F]* 0A "
        grep -s "$pattern" /proc/net/tcp || grep -s "$pattern" /proc/net/tcp6)
        listening=
        [ -n "$found" ] || return 0
        while read -r a b c d e f g h i inode rest; do listening="$listening $inode"; done <<end
        $found
        end
        }
        find_sockets() {
          places=
          for each in "$@"; do places="$places /proc/$each/fd"; done
          sockets=
          for each in $(ls -l $places 2>/dev/null); do
            case $each in socket:*) sockets="$sockets $each" ;; esac
          done
        }
        find_children() {
          children=
          { read -r children <"/proc/$1/task/$1/children"; } 2>/dev/null
          family="$family $children"
          set -- $children
          for each in "$@"; do find_children "$each"; done
        }
        owns() {
          for inode in $listening; do
            case "$sockets " in *"socket:[$inode] "*) return 0 ;; esac
          done
          return 1
        }
        ended() {
          say ended $(cat "$base/sessions/$id/status" 2>/dev/null)
          tail -n 20 "$base/sessions/$id/log" 2>/dev/null | while IFS= read -r line; do say log "$line"; done
        }
        main() {
          [ "$then" = "$boot" ] || { say rebooted; return; }
          before=
          looks=0
          while [ "$patience" -gt 0 ]; do
            lives "$pid" "$began" || { ended; return; }
            family=$pid
            find_children "$pid"
            find_sockets $family
            [ "$sockets" = "$before" ] || looks=3
            before=$sockets
            if [ "$looks" -gt 0 ] || [ $((patience % 10)) -eq 0 ]; then
              looks=$((looks - 1))
              find_listening
              if owns; then say own; return; fi
              # Whoever left the family is found by its environment.
              if [ -n "$listening" ]; then
                find_sockets $(members)
                if owns; then say own; return; fi
                [ "$patience" -gt 34 ] || { say stranger; return; }
              fi
            fi
            patience=$((patience - 1))
            sleep 0.05
          done
          say silent
        }
        """#
}
