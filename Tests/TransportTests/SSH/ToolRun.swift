import Dispatch
import Glibc
import Testing

@testable import Transport

/// What a program said and how it ended.
struct ToolRun {
    let status: Int32
    /// Output and errors, as they came.
    let text: String

    /// Runs a program to its end, beside the threads that the tests run on.
    static func of(_ arguments: [String], input: String = "/dev/null") async throws -> ToolRun {
        var pipe: [Int32] = [0, 0]
        try #require(Glibc.pipe(&pipe) == 0)
        for end in pipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, pipe[1], 1)
        posix_spawn_file_actions_adddup2(&actions, pipe[1], 2)
        var words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var id = pid_t()
        let failure = posix_spawnp(&id, arguments[0], &actions, nil, &words, environ)
        close(pipe[1])
        try #require(failure == 0, "\(arguments[0]) cannot be started")
        let (child, output) = (id, pipe[0])
        return await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                let bytes = (try? FileBytes.read(output, limit: 1 << 24)) ?? []
                close(output)
                var status: Int32 = 0
                while waitpid(child, &status, 0) < 0, errno == EINTR {}
                continuation.resume(
                    returning: ToolRun(
                        status: status & 0x7f == 0 ? status >> 8 & 0xff : -1,
                        text: String(decoding: bytes, as: UTF8.self)))
            }
        }
    }
}

extension TemporaryDirectory {
    /// Removes it with all that is in it, links not followed.
    func removeTree() {
        Self.remove(path)
    }

    private static func remove(_ path: String) {
        guard unlink(path) != 0, let stream = opendir(path) else { return }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { remove("\(path)/\(name)") }
        }
        closedir(stream)
        rmdir(path)
    }

    func text(_ name: String) throws -> String {
        let opened = open("\(path)/\(name)", O_RDONLY | O_CLOEXEC)
        try #require(opened >= 0)
        defer { close(opened) }
        return String(decoding: try FileBytes.read(opened, limit: 1 << 24), as: UTF8.self)
    }

    func mode(_ name: String) throws -> UInt32 {
        var status = stat()
        try #require(lstat("\(path)/\(name)", &status) == 0)
        return status.st_mode & 0o7777
    }

    func names(under name: String = "") throws -> [String] {
        try PrivateDirectory("\(path)/\(name)").names().sorted()
    }
}
