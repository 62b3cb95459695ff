import Glibc
import MultipleSpawner

extension LocalMachine {
    /// Whether sessions with these options could be served now. It looks, and changes nothing.
    func examine(_ values: JSONValue, switchesAccount: Bool) async -> [Finding] {
        await BlockingWork.run { [self] in
            let options = LocalOptions(values, switchesAccount: switchesAccount)
            var findings = [command(options), account(options), log()]
            if options.memoryLimit != nil { findings.append(limit("memory", "mem_limit")) }
            if options.cpuLimit != nil { findings.append(limit("cpu", "cpu_limit")) }
            return findings
        }
    }

    private func command(_ options: LocalOptions) -> Finding {
        let name = (options.shellCommand.first ?? options.command?.first ?? LocalCommand.fallback)
        let path =
            options.environment["PATH"] ?? getenv("PATH").map { String(cString: $0) } ?? LocalEnvironment.defaultPath
        let home = LocalAccount.current()?.home ?? "/"
        let directory = options.workingDirectory.map { LocalPlace.resolve($0, home: home) } ?? home
        guard let found = LocalCommand.find(name, path: path, directory: directory) else {
            return Finding(
                .failed, "local: \(name.excerpt)",
                "not found or not executable in PATH (\(path.excerpt)); install it, or name it in 'cmd'; a hub with "
                    + "another PATH may find it")
        }
        return Finding(.ok, "local: \(name.excerpt)", found)
    }

    private func account(_ options: LocalOptions) -> Finding {
        let subject = "local: accounts"
        guard options.switchesAccount else {
            guard geteuid() == 0 else { return Finding(.ok, subject, "servers run as the daemon's own account") }
            return Finding(
                .warning, subject,
                "servers run as root, as the daemon does; use 'jupyterhub.spawner.LocalProcessSpawner', or run the "
                    + "daemon under another account")
        }
        guard geteuid() == 0 else {
            return Finding(
                .failed, subject,
                "the daemon runs with uid \(geteuid()) and cannot start servers as other users; run it as root")
        }
        return Finding(.ok, subject, "servers run as the user's own account")
    }

    private func log() -> Finding {
        let subject = "local: \(logDirectory)"
        guard access(logDirectory, W_OK | X_OK) == 0 || errno == ENOENT else {
            return Finding(
                .failed, subject, "logs cannot be written: \(SystemError.last); give it to the daemon's account")
        }
        return Finding(.ok, subject, "logs can be written")
    }

    private func limit(_ controller: String, _ option: String) -> Finding {
        let subject = "local: \(option)"
        guard let obstacle = LocalCgroup.obstacle(to: controller, in: hierarchies) else {
            return Finding(.ok, subject, "the \(controller) controller can be used")
        }
        return Finding(
            .failed, subject,
            "\(obstacle); give the daemon a cgroup that it may write (with systemd: Delegate=yes), or drop the limit")
    }
}
