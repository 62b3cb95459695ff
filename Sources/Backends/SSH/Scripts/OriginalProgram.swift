import MultipleSpawner

/// The program that tells whether a process is a certain user's server, and where it listens.
struct OriginalProgram {
    let pid: Int
    let identity: SessionIdentity

    func text() -> ShellText {
        var text = ShellText()
        text.set("pid", pid)
        text.set("user", "JUPYTERHUB_USER=\(identity.user)")
        text.set("server", "JUPYTERHUB_SERVER_NAME=\(identity.server)")
        text.set("named", identity.server.isEmpty ? "" : "yes")
        text.add(
            #"""
            has() { grep -qszxF "$1" "/proc/$pid/environ"; }
            main() {
              stat_of "$pid" || return
              began=$start
              lives "$pid" "$began" && has "$user" || return
              if [ -n "$named" ]; then has "$server" || return; else ! grep -qsz '^JUPYTERHUB_SERVER_NAME=.' "/proc/$pid/environ" || return; fi
              ! grep -qsz '^MULTIPLESPAWNER_SESSION=' "/proc/$pid/environ" || return
              held=$(ls -l "/proc/$pid/fd" 2>/dev/null)
              grep -h ' 0A ' /proc/net/tcp /proc/net/tcp6 2>/dev/null | while read -r a local c d e f g h i inode rest; do
                case $held in
                *"socket:[$inode]"*)
                  case ${local%:*} in 0100007F) address=127.0.0.1 ;; *) address=0.0.0.0 ;; esac
                  say found "$began" "$boot" "$((0x${local##*:}))" "$address"
                  ;;
                esac
              done
            }
            """#)
        return text
    }
}
