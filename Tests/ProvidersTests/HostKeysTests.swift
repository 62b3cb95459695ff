import Glibc
import MultipleSpawner
import Testing
import Transport

@testable import Providers

struct HostKeysTests {
    @Test func `a machine's key is the same for ever, and another machine's is another`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let token = MachineToken()
        let first = try await HostKeys(stateDirectory: directory.path).key(for: token)
        let again = try await HostKeys(stateDirectory: directory.path).key(for: token)
        #expect(first.publicKey == again.publicKey)
        #expect(first.privateText == again.privateText)
        let other = try await HostKeys(stateDirectory: directory.path).key(for: MachineToken())
        #expect(other.publicKey != first.publicKey)
        let elsewhere = try TemporaryDirectory()
        defer { elsewhere.remove() }
        #expect(try await HostKeys(stateDirectory: elsewhere.path).key(for: token).publicKey != first.publicKey)
    }

    @Test func `many at once agree on one secret, which nobody else may read`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let keys = HostKeys(stateDirectory: directory.path)
        let token = MachineToken()
        let made = try await withThrowingTaskGroup(of: HostKey.self) { group in
            for _ in 0..<32 { group.addTask { try await keys.key(for: token).publicKey } }
            return try await group.reduce(into: Set<HostKey>()) { $0.insert($1) }
        }
        #expect(made.count == 1)
        var status = stat()
        let path = directory.path + "/providers/" + HostKeys.file
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600 && status.st_size == 32)
        chmod(path, 0o644)
        await #expect(throws: SpawnError.self) { try await keys.key(for: token) }
        chmod(path, 0o600)
        truncate(path, 5)
        await #expect(throws: SpawnError.self) { try await keys.key(for: token) }
    }
}
