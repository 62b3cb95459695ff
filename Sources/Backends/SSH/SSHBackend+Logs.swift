public import MultipleSpawner
import Transport

extension SSHBackend {
    /// The server's output, from the file on its machine. With `follow`, until its process ends.
    public func logs(_ handle: Handle, follow: Bool) async throws -> LogStream {
        let ssh = try SSHHandle(handle)
        guard let session = ssh.session else {
            throw SpawnError(
                .notFound, "no log is kept of this server: an older spawner started it; see '.jupyter.log' in its home")
        }
        var text = ShellText()
        text.set(base: ssh.base)
        text.add("log=$base/sessions/\(session.rawValue)/log")
        var question = text
        question.add("main() { [ -r \"$log\" ] && say there; }")
        guard try await machines.runAgain(question, at: ssh.place)["there"] != nil else {
            throw SpawnError(.notFound, "the session's log at \(ssh.place) is gone, as its directory is")
        }
        let isFollowed = follow && ssh.pid != nil
        text.add(
            isFollowed
                ? "main() { exec tail -c +1 -f --pid=\(ssh.pid ?? 0) -- \"$log\" 2>/dev/null </dev/null; }"
                : "main() { exec cat -- \"$log\" </dev/null; }")
        let link = try await machines.link(to: ssh.place)
        return try await link.follow(text.command(limit: isFollowed ? .seconds(1 << 30) : .seconds(600)))
    }
}
