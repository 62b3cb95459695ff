import Dispatch
import Glibc
import Testing

/// Programs that a test needs.
enum Program {
    /// Runs a program to its end, beside the threads that the tests run on.
    static func run(_ arguments: [String]) async throws {
        let process = try start(arguments)
        let status = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var status: Int32 = 0
                while waitpid(process.id, &status, 0) < 0, errno == EINTR {}
                continuation.resume(returning: status)
            }
        }
        close(process.output)
        try #require(status == 0, "\(arguments.joined(separator: " ")) failed")
    }

    /// Starts a program; what it writes is read from `output`.
    static func start(_ arguments: [String]) throws -> (id: pid_t, output: Int32) {
        var pipe: [Int32] = [0, 0]
        try #require(Glibc.pipe(&pipe) == 0)
        for end in pipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(pipe[1]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, pipe[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var id = pid_t()
        let failure = posix_spawnp(&id, arguments[0], &actions, nil, &words, environ)
        try #require(failure == 0, "\(arguments[0]) cannot be started")
        return (id, pipe[0])
    }
}
