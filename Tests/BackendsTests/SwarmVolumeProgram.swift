import Glibc
import Testing

@testable import Backends

/// The program that travels to the nodes of a swarm, run here.
enum SwarmVolumeProgram {
    /// It lies beside the tests' other program.
    static var path: String {
        let directory = FakeServer.path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return directory.joined(separator: "/") + "/multiplespawner-volume-remover"
    }

    /// What it said and how it ended.
    struct Outcome: Equatable, Sendable {
        let status: Int32
        let lines: [String]
    }

    static func run(_ arguments: [String]) async throws -> Outcome {
        let outcome = await BlockingWork.run { Result { try runToEnd(arguments) } }
        return try outcome.get()
    }

    private static func runToEnd(_ arguments: [String]) throws -> Outcome {
        var pipe: [Int32] = [0, 0]
        try #require(Glibc.pipe(&pipe) == 0)
        for end in pipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipe[1], 1)
        var words = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var id = pid_t()
        let failure = posix_spawn(&id, path, &actions, nil, &words, environ)
        close(pipe[1])
        defer { close(pipe[0]) }
        try #require(failure == 0, "\(path) cannot be started")
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(pipe[0], &buffer, buffer.count)
            guard count > 0 else { break }
            output += buffer[..<count]
        }
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        try #require(status & 0x7F == 0, "it was ended by the signal \(status & 0x7F)")
        return Outcome(
            status: (status >> 8) & 0xFF,
            lines: String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init))
    }
}
