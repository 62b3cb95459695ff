import Glibc
import MultipleSpawner
import Testing

@testable import Daemon

@Suite struct StateDirectoryTests {
    @Test func `it is made with its parents, for this account alone`() throws {
        let parent = try TemporaryDirectory()
        let state = try StateDirectory(parent.path + "/a/b")
        var status = stat()
        #expect(stat(state.path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o700)
    }

    @Test func `a second daemon is refused while the first lives`() throws {
        let parent = try TemporaryDirectory()
        let path = parent.path + "/state"
        do {
            let first = try StateDirectory(path)
            let error = #expect(throws: SpawnError.self) { _ = try StateDirectory(path) }
            #expect(error?.code == .unavailable)
            withExtendedLifetime(first) {}
        }
        _ = try StateDirectory(path)
    }

    @Test func `one that is open to others is closed`() throws {
        let parent = try TemporaryDirectory()
        let path = parent.path + "/state"
        mkdir(path, 0o755)
        chmod(path, 0o777)
        _ = try StateDirectory(path)
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o077 == 0)
    }

    @Test func `a file in its place is an error that names it`() throws {
        let parent = try TemporaryDirectory()
        let path = try parent.file("state", "")
        let error = #expect(throws: SpawnError.self) { _ = try StateDirectory(path) }
        #expect(error?.message.contains(path) == true)
    }
}
