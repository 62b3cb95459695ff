import MultipleSpawner

extension StartProgram.ServerSurroundings {
    /// What the launcher does before the server.
    func lines(_ command: [String]) -> [String] {
        var lines: [String] = []
        if let path {
            lines.append("PATH=\(ShellQuote.quoted(path))")
        } else {
            lines.append("PATH=\"$HOME/.local/bin:${PATH:-/usr/bin:/bin}:/usr/local/bin\"")
        }
        lines.append("export PATH")
        lines += hold
        // A session of another login is none of the server's.
        lines.append("unset XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS")
        if let directory { lines.append("cd \(Self.path(directory)) || leave 72") } else { lines.append("cd || cd /") }
        if let condaEnvironment {
            let name = ShellQuote.quoted(condaEnvironment)
            lines += [
                "if [ -x \(name)/bin/python ]; then PATH=\(name)/bin:$PATH; CONDA_PREFIX=\(name); export CONDA_PREFIX",
                "else conda=$(conda info --base) && . \"$conda/etc/profile.d/conda.sh\" && conda activate \(name) || leave 73; fi",
            ]
        }
        lines += preStart
        return lines
    }

    /// Sets `hold`: the words before the command that hold it to its limits.
    private var hold: [String] {
        guard limits != .none, memory != nil || cpu != nil else { return ["hold="] }
        guard limits != .ulimit else {
            return ["hold="] + (memory.map { ["ulimit -v \($0 / 1024) || leave 71"] } ?? [])
        }
        var properties: [String] = []
        if let memory { properties += ["-p", "MemoryMax=\(memory)", "-p", "MemorySwapMax=0"] }
        if let cpu { properties += ["-p", "CPUQuota=\(max(1, Int((cpu * 100).rounded())))%"] }
        let words = properties.joined(separator: " ")
        let controllers = [memory == nil ? nil : "memory", cpu == nil ? nil : "cpu"].compactMap(\.self)
        return [
            "[ \"$(id -u)\" = 0 ] && manager= || manager=--user",
            ": \"${XDG_RUNTIME_DIR:=/run/user/$(id -u)}\"", "export XDG_RUNTIME_DIR",
            "hold=\"systemd-run $manager --scope --quiet --collect \(words) --\"",
            // An account's own systemd may take a limit that it has no power to hold: what counts is the cgroup.
            "if ! $hold /bin/sh -c '\(Self.isHeld)' sh \(controllers.joined(separator: " ")) 2>/dev/null; then hold=",
            limits == .systemd
                ? "echo 'systemd does not hold limits for this account on this machine' >&2; leave 71; fi"
                : "echo 'limits are not enforced: systemd does not hold them for this account on this machine' >&2; fi",
        ]
    }

    /// Succeeds where these controllers have the shell in a scope of its own, with cgroups of either version.
    private static let isHeld = #"""
        for each in "$@"; do grep -Eq ":([^:]*,)?$each(,[^:]*)?:.*\.scope\$" /proc/self/cgroup || \
        [ -e "/sys/fs/cgroup$(sed -n "s/^0:://p" /proc/self/cgroup)/$each.max" ] || exit 1; done
        """#

    /// A path that a shell expands only where it begins with the home.
    private static func path(_ path: String) -> String {
        if path == "~" { return "\"$HOME\"" }
        if path.hasPrefix("~/") { return "\"$HOME\"/\(ShellQuote.quoted(String(path.dropFirst(2))))" }
        return path.hasPrefix("/") ? ShellQuote.quoted(path) : "\"$HOME\"/\(ShellQuote.quoted(path))"
    }
}
