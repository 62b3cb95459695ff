import MultipleSpawner

/// The program that starts a server on another machine.
///
/// What is secret travels in its text, on the input of `sh`, into files that the account alone can read.
struct StartProgram: Sendable {
    let handle: SSHHandle
    let session: SessionID
    let labels: [(name: String, value: String)]
    /// `export NAME='value'` lines.
    let environment: String
    let command: [String]
    /// The server's URL without its port: what is before it, and after.
    let url: (String, String)
    let port: Int
    /// Whether no other port will do. One of many is believed to be free: a start that finds it taken is made again, with
    /// another.
    let isPortGiven: Bool
    let certificates: [(variable: String, content: Secret)]
    let server: ServerSurroundings

    /// What is around a server on its machine.
    struct ServerSurroundings: Sendable {
        var path: String?
        var directory: String?
        var condaEnvironment: String?
        var preStart: [String] = []
        var memory: Int?
        var cpu: Double?
        var limits: LimitsHold = .auto
    }

    func text() -> ShellText {
        var text = ShellText()
        text.set(base: handle.base)
        text.set("id", session.rawValue)
        text.set("attempt", handle.attempt)
        text.set("port", port)
        text.set("hex", ShellText.hexadecimal(port: port))
        text.set("given", isPortGiven ? "yes" : "")
        text.set("before", url.0)
        text.set("after", url.1)
        text.add(ShellText.members)
        text.add(ShellText.starter)
        text.add(ShellText.listens)
        text.define(
            "label", printing: labels.map { "\($0.name) \(LabelText.encoded($0.value))" }.joined(separator: "\n"))
        text.define("environment", printing: environment)
        text.define("launcher", printing: launcher())
        text.add("certificates() { :")
        for (variable, content) in certificates {
            text.add("write \(ShellQuote.quoted(content.reveal())) >\"$d/\(variable).pem\" || return 1")
            text.add("printf \"export \(variable)='%s'\\n\" \"$d/\(variable).pem\" >>\"$d/environment\" || return 1")
        }
        text.add("}")
        text.add(Self.program)
        return text
    }

    private static let program = #"""
        refuse() { say failed "$*"; rm -rf "$d"; exit 0; }
        # Names of starts that were undone are of use for a moment only; to remove each at once would cost more.
        forget_old() {
          set +f
          set -- "$base"/ended/*
          set -f
          if [ $# -ge 100 ]; then find "$base/ended" -type f -mtime +2 -exec rm -f {} + </dev/null >/dev/null 2>&1 & fi
        }
        main() {
          d=$base/sessions/$id
          new=
          if [ ! -d "$base/sessions" ] || [ ! -d "$base/ended" ]; then
            new=yes
            mkdir -p "$base/sessions" "$base/ended" 2>/dev/null || { say failed "cannot make $base: is the disk full?"; return; }
          fi
          [ -O "$base" ] || { say failed "$base belongs to somebody else"; return; }
          [ -z "$new" ] || chmod 700 "$base" "$base/sessions"
          command -v setsid >/dev/null || { say failed "setsid is missing: install util-linux"; return; }
          if ! mkdir "$d" 2>/dev/null; then
            find_starter
            if [ -n "$since" ] && lives "$by" "$since"; then say busy; return; fi
            pid='' began=''
            for round in 1 2 3 4 5 6 7 8 9; do
              left=$(members)
              [ -n "$left" ] || break
              kill -KILL $left 2>/dev/null
              sleep 0.1
            done
            rm -rf "$d"
            mkdir "$d" || { say failed "cannot write to $base/sessions: is the disk full?"; return; }
          fi
          stat_of $$ || refuse "/proc is not there"
          { printf 'starter %s %s\n' "$$" "$start" && label; } >"$d/label" || refuse "cannot write to $base/sessions: is the disk full?"
          if [ -e "$base/ended/$attempt" ]; then rm -rf "$d"; say over; return; fi
          if [ -n "$given" ] && grep -qsi ":$hex [0-9A-F]*:[0-9A-F]* " /proc/net/tcp /proc/net/tcp6; then
            rm -rf "$d"
            say taken
            return
          fi
          environment >"$d/environment" && certificates && launcher >"$d/launcher" || refuse "cannot write to $base/sessions: is the disk full?"
          printf "export JUPYTERHUB_SERVICE_URL='%s%s%s'\n" "$before" "$port" "$after" >>"$d/environment"
          # The launcher tells when it runs and has read the environment; where it does not, it lets go all the same.
          set -- $(MULTIPLESPAWNER_SESSION=$id setsid -f /bin/sh "$d/launcher" "$d" 3>&1 </dev/null >>"$d/log" 2>&1)
          [ $# -eq 3 ] || refuse "the server's shell did not start: $(tail -n 1 "$d/log" 2>/dev/null)"
          say started "$1" "$2" "$3"
          # A quick server is seen to listen at once, which spares a second program here.
          # With this patience the kernel's list is asked for only where there are other sockets than before.
          pid=$1 began=$2 patience=1
          for pause in 0.001 0.004 0.008 0.016 0.032; do
            sleep "$pause"
            lives "$pid" "$began" || break
            if listens; then say own; break; fi
          done
          forget_old
        }
        """#

    /// Runs on the other machine as the leader of the session, for as long as the server does.
    private func launcher() -> String {
        var lines = [
            ShellText.prelude.split(separator: "\n").joined(separator: "\n"), "set +f", "d=$1",
            // From here on the environment may give variables any value, and so what is needed is in none.
            "stat_of $$ && set -- \"$1\" \"$$ $start $boot\" && printf '%s\\n' \"$2\" >\"$d/state\" || exit 70",
            "unset LC_ALL", ". \"$1/environment\"", ": >\"$1/environment\"",
            // Who started this may be gone.
            "trap '' PIPE", "printf '%s\\n' \"$2\" 2>/dev/null >&3", "trap - PIPE", "exec 3>&-", "umask 022",
        ]
        // How it ended is written down, also where it never began.
        lines += [
            "leave() {", "umask 077",
            "printf '%s\\n' \"$1\" >\"$d/status.new\" && mv \"$d/status.new\" \"$d/status\"", "exit \"$1\"", "}",
        ]
        lines += server.lines(command)
        lines += [
            // What is sent to the group must not end this shell before the server: it tells how that ended.
            "trap : TERM INT HUP QUIT",
            "$hold \(command.map(ShellQuote.quoted).joined(separator: " "))",
            "leave $?",
        ]
        return lines.joined(separator: "\n")
    }
}
