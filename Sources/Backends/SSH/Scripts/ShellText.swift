import MultipleSpawner

/// Pieces of programs for a POSIX shell on another machine.
///
/// A program travels on the input of `sh`, in one function that is called at its end: one that arrives in part does
/// nothing. What it answers begins with a word of its own, for a shell that greets says other things as well.
struct ShellText: Sendable {
    /// What our lines begin with.
    let mark: String
    private(set) var text: String

    init(mark: String = "msp-\(String(UInt64.random(in: 0 ... .max), radix: 36))") {
        self.mark = mark
        text = "mark=\(mark)\n" + Self.prelude
    }

    /// Sets a variable of the program, to exactly this text.
    mutating func set(_ name: String, _ value: String) {
        text += "\(name)=\(ShellQuote.quoted(value))\n"
    }

    mutating func set(_ name: String, _ value: Int?) {
        text += "\(name)=\(value.map { String($0) } ?? "")\n"
    }

    /// The path of the directory below which sessions are.
    mutating func set(base: String) {
        if base == "~" || base.hasPrefix("~/") {
            text += "base=\"$HOME\"\(ShellQuote.quoted(String(base.dropFirst())))\n"
        } else {
            set("base", base)
        }
    }

    mutating func add(_ lines: String) {
        text += lines + "\n"
    }

    /// A function that writes this text to its output, byte for byte, and a newline.
    mutating func define(_ name: String, printing content: String) {
        text += "\(name)() {\nwrite \(ShellQuote.quoted(content))\n}\n"
    }

    /// A port as the kernel lists it.
    static func hexadecimal(port: Int) -> String {
        let digits = String(port, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    }

    /// The program, whose last line calls `main`.
    func command(limit: Duration, mostOutput: Int = 1 << 20) -> RemoteCommand {
        RemoteCommand(script: text + "main\nexit 0\n", limit: limit, mostOutput: mostOutput)
    }

    /// What every program can do. What the shell can do itself is not left to a program: each start of one costs more
    /// than all the rest.
    ///
    /// - `say WORDS`: one line of the answer.
    /// - `write TEXT`: the text and a newline. It may be secret, so no program is given it as an argument: not every shell
    ///   has a `printf` of its own.
    /// - `stat_of PID`: sets `state`, `parent`, `leads`, `start` of a process; fails where there is none.
    /// - `lives PID START`: whether that very process is there and is no corpse.
    static let prelude = #"""
        umask 077
        set -f
        LC_ALL=C
        export LC_ALL
        say() { printf '%s %s\n' "$mark" "$*"; }
        write() { printf '%s\n' "$1"; }
        PATH=/ printf '' 2>/dev/null || write() {
        cat <<end
        $1
        end
        }
        stat_of() {
          { IFS= read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
          set -- ${line##*) }
          [ $# -ge 20 ] || return 1
          state=$1 parent=$2 leads=$4
          shift 19
          start=$1
        }
        lives() { stat_of "$1" && [ "$start" = "$2" ] && [ "$state" != Z ] && [ "$state" != X ]; }
        boot=
        { read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null

        """#

    /// - `find_starter`: sets `by` and `since` to the process, and its start time, that started the session of the directory
    ///   `d`; they are empty where none got so far. Uses `line`.
    static let starter = #"""
        find_starter() {
          by= since=
          { read -r line by since <"$d/label"; } 2>/dev/null
        }

        """#

    /// - `members`: the processes of the session `id` that are left, whose leader was `pid`, started at `began`.
    ///
    /// Its children are known by the session that it leads while it lives, and by their environment, which they keep
    /// also in sessions of their own.
    static let members = #"""
        members() {
          {
            if [ -n "$pid" ] && lives "$pid" "$began"; then
              printf '%s\n' "$pid"
              set +f
              cat /proc/[0-9]*/stat 2>/dev/null | while IFS= read -r line; do
                number=${line%% *}
                set -- ${line##*) }
                [ "$1" != Z ] && [ "$4" = "$pid" ] && printf '%s\n' "$number"
              done
            fi
            if [ -n "$id" ]; then
              set +f
              grep -lszxF "MULTIPLESPAWNER_SESSION=$id" /proc/[0-9]*/environ | sed 's|^/proc/||; s|/environ$||'
              set -f
            fi
          } | sort -u
        }

        """#
}
