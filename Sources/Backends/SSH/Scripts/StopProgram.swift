import MultipleSpawner

/// The program that ends a session on its machine: asks its processes, then kills what is left, then removes its files.
struct StopProgram: Sendable {
    let handle: SSHHandle
    let grace: Duration

    func text() -> ShellText {
        var text = ShellText()
        text.set(base: handle.base)
        text.set("id", handle.session?.rawValue ?? "")
        text.set("attempt", handle.attempt)
        text.set("pid", handle.pid)
        text.set("began", handle.startTime.map { String($0) } ?? "")
        text.set("then", handle.bootID ?? "")
        // Looked at twenty times a second.
        text.set("patience", Int(grace / .milliseconds(50)))
        text.add(ShellText.members)
        text.add(ShellText.starter)
        text.add(Self.program)
        return text
    }

    private static let program = #"""
        main() {
          d=
          if [ -n "$id" ]; then d=$base/sessions/$id; fi
          if [ -n "$d" ] && [ -z "$pid" ]; then
            mkdir -p "$base/ended" 2>/dev/null && : >"$base/ended/$attempt" || { say failed "cannot write to $base/ended: is the disk full?"; return; }
            find_starter
            [ -n "$since" ] && lives "$by" "$since" && kill -KILL "$by" 2>/dev/null
            set -- $(cat "$d/state" 2>/dev/null)
            if [ $# -eq 3 ] && [ "$1" -gt 1 ]; then pid=$1 began=$2 then=$3; fi
          fi
          if [ -z "$then" ] || [ "$then" = "$boot" ]; then
            if [ -n "$pid" ] && [ "$patience" -gt 0 ] && lives "$pid" "$began"; then
              if [ "$leads" = "$pid" ]; then kill -s TERM -- "-$pid"; else kill -s TERM "$pid"; fi 2>/dev/null
              # Many are quick.
              for round in 1 2 3; do
                lives "$pid" "$began" || break
                sleep 0.0$round
              done
              while [ "$patience" -gt 0 ] && lives "$pid" "$began"; do
                patience=$((patience - 1))
                sleep 0.05
              done
            fi
            round=0
            while left=$(members) && [ -n "$left" ]; do
              kill -KILL $left 2>/dev/null
              round=$((round + 1))
              if [ "$round" -gt 100 ]; then say stuck $left; return; fi
              sleep 0.02
            done
          fi
          if [ -n "$d" ]; then
            rm -rf "$d" 2>/dev/null
            if [ -e "$d" ]; then say failed "cannot remove $d"; return; fi
          fi
          say gone
        }
        """#
}
