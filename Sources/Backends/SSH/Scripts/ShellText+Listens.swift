extension ShellText {
    /// - `listens`: whether the server, whose leader is `pid`, or a child of it listens at the port `hex`. The caller counts
    ///   `patience` down. Sets `listening`: who listens there, empty also where this turn did not look. Uses `each`,
    ///   `line`, `found`, `list`, `rest`, `places`, `sockets`, `children`, `family`, `seen` and `looks`.
    ///
    /// A server may take seconds to come. So the kernel's list is looked at when its processes have other sockets than
    /// before, and now and then: it may be a while from the making of a socket to its listening. The kernel tells of those
    /// that listen first, and takes milliseconds for the rest of all connections: the shell reads no further, unless there
    /// are so many that `grep` is quicker.
    static let listens = #"""
        seen=
        looks=0
        find_listening() {
          for list in /proc/net/tcp /proc/net/tcp6; do
            rest=60
            {
              while read -r line; do
                set -- $line
                case "$2 $4" in
                *":$hex 0A") listening="$listening ${10}" ;;
                *' 0A' | *' 03' | *' st') ;;
                *) break ;;
                esac
                rest=$((rest - 1))
                [ "$rest" -gt 0 ] || break
              done <"$list"
            } 2>/dev/null
            if [ "$rest" -eq 0 ] && [ -z "$listening" ]; then
              found=$(grep -s ": [0-9A-F]*:$hex [0-9A-F]*:[0-9A-F]* 0A " "$list")
              [ -z "$found" ] || while read -r line; do set -- $line; listening="$listening ${10}"; done <<end
        $found
        end
            fi
            [ -z "$listening" ] || return 0
          done
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
        listens() {
          listening=
          family=$pid
          find_children "$pid"
          find_sockets $family
          [ "$sockets" = "$seen" ] || looks=3
          seen=$sockets
          [ "$looks" -gt 0 ] || [ $((patience % 10)) -eq 0 ] || return 1
          looks=$((looks - 1))
          find_listening
          owns
        }

        """#
}
