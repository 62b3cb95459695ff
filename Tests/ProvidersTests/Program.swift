import Dispatch
import Glibc
import Testing

/// Programs that a test needs.
enum Program {
    struct Answer: Sendable {
        let status: Int32
        let output: String
    }

    /// Runs a program to its end, beside the threads that the tests run on.
    static func run(_ arguments: [String], input: String = "") async throws -> Answer {
        let process = try start(arguments)
        return await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var rest = Array(input.utf8)[...]
                while !rest.isEmpty {
                    let count = rest.withUnsafeBytes { write(process.input, $0.baseAddress, $0.count) }
                    guard count > 0 else { break }
                    rest = rest.dropFirst(count)
                }
                close(process.input)
                var bytes: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 65536)
                while true {
                    let count = read(process.output, &buffer, buffer.count)
                    guard count > 0 else { break }
                    bytes += buffer[..<count]
                }
                close(process.output)
                var status: Int32 = 0
                while waitpid(process.id, &status, 0) < 0, errno == EINTR {}
                continuation.resume(returning: Answer(status: status, output: String(decoding: bytes, as: UTF8.self)))
            }
        }
    }

    /// Starts a program; what it writes, errors too, is read from `output`, and what it reads is written to `input`.
    static func start(_ arguments: [String]) throws -> (id: pid_t, input: Int32, output: Int32) {
        var input: [Int32] = [0, 0]
        var output: [Int32] = [0, 0]
        try #require(pipe(&input) == 0 && pipe(&output) == 0)
        for end in input + output { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        signal(SIGPIPE, SIG_IGN)
        defer {
            close(input[0])
            close(output[1])
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input[0], 0)
        posix_spawn_file_actions_adddup2(&actions, output[1], 1)
        posix_spawn_file_actions_adddup2(&actions, output[1], 2)
        // A thread of a test may have signals blocked; a program that inherits that cannot be ended.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var id = pid_t()
        let failure = posix_spawnp(&id, arguments[0], &actions, &attributes, &words, environ)
        try #require(failure == 0, "\(arguments[0]) cannot be started")
        return (id, input[1], output[0])
    }
}
