import FoundationEssentials
import Glibc
import MultipleSpawner
import Testing

@testable import Daemon

/// The files of users on the disk.
@Suite struct UploadStoreTests {
    private let directory: TemporaryDirectory
    private let alice: SessionIdentity

    init() throws {
        directory = try TemporaryDirectory()
        alice = try SessionIdentity(hub: "hub", user: "alice")
    }

    private func store(_ bounds: UploadStore.Bounds = UploadStore.Bounds()) -> UploadStore {
        UploadStore(path: directory.path + "/uploads", bounds: bounds)
    }

    private func paths() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: directory.path).map { directory.path + "/" + $0 }
    }

    @Test func `a file is found again by its reference, by another daemon too`() async throws {
        let content: [UInt8] = [0, 1, 2, 255]
        let reference = try await store().keep(content, for: alice)
        #expect(reference == UploadStore.reference(to: content))
        #expect(try await store().find([reference, reference], for: alice) == [reference: content])
        let named = try SessionIdentity(hub: "hub", user: "alice", server: "second")
        #expect(try await store().find([reference], for: named) == [reference: content])
        let empty = try await store().keep([], for: alice)
        #expect(try await store().find([empty], for: alice) == [empty: []])
    }

    @Test(arguments: [("hub", "bob"), ("hub2", "alice"), ("hubalic", "e"), ("hu", "balice")])
    func `a file of another user, or of another hub's, is not found`(hub: String, user: String) async throws {
        let reference = try await store().keep([1], for: alice)
        let other = try SessionIdentity(hub: hub, user: user)
        #expect(try await store().find([reference], for: other) == [:])
    }

    @Test(arguments: [
        "", "../../lock", "..", "/etc/passwd", ".partial", String(repeating: "0", count: 63),
        String(repeating: "A", count: 64), String(repeating: "0", count: 63) + "/",
        "../" + String(repeating: "0", count: 61), String(repeating: "0", count: 64),
    ])
    func `what is no reference finds nothing`(reference: String) async throws {
        _ = try await store().keep([1], for: alice)
        #expect(try await store().find([reference], for: alice) == [:])
    }

    @Test func `a file that was changed on the disk is none`() async throws {
        let reference = try await store().keep(Array("good".utf8), for: alice)
        let path = try #require(try paths().first { $0.hasSuffix(reference) })
        let file = open(path, O_WRONLY)
        _ = write(file, "evil", 4)
        close(file)
        #expect(try await store().find([reference], for: alice) == [:])
    }

    @Test func `a link in the place of a file is not followed`() async throws {
        let secret = try directory.file("secret", "s3cret")
        let reference = UploadStore.reference(to: Array("s3cret".utf8))
        let other = try await store().keep([1], for: alice)
        let path = try #require(try paths().first { $0.hasSuffix(other) })
        #expect(symlink(secret, path.replacing(other, with: reference)) == 0)
        #expect(try await store().find([reference], for: alice) == [:])
    }

    @Test func `nobody else can read them`() async throws {
        let reference = try await store().keep([1], for: alice)
        for path in try paths() {
            var status = stat()
            #expect(lstat(path, &status) == 0)
            #expect(status.st_mode & 0o077 == 0, "\(path)")
            #expect(!path.contains("alice"))
        }
        #expect(try paths().contains { $0.hasSuffix(reference) })
    }

    @Test func `the least used of a user's files go when there are too many, or too much`() async throws {
        let few = store(UploadStore.Bounds(filesOfUser: 2))
        var references: [String] = []
        for number in 0..<3 {
            references.append(try await few.keep([UInt8(number)], for: alice))
            try age(references[number], by: 100 - number)
        }
        #expect(Set(try await few.find(references, for: alice).keys) == Set(references[1...]))
        let small = store(UploadStore.Bounds(bytesOfUser: 10))
        let large = try await small.keep([UInt8](repeating: 7, count: 10), for: alice)
        #expect(try await small.find(references + [large], for: alice).keys.sorted() == [large])
        await #expect(throws: SpawnError.self) {
            try await small.keep([UInt8](repeating: 7, count: 11), for: alice)
        }
    }

    @Test func `cleaning removes what nobody used for long, and the least used beyond the most of all`() async throws {
        let bob = try SessionIdentity(hub: "hub", user: "bob")
        let bounds = UploadStore.Bounds(bytesOfAll: 3, age: 50)
        let old = try await store(bounds).keep([1], for: alice)
        let used = try await store(bounds).keep([2], for: alice)
        for reference in [old, used] { try age(reference, by: 100) }
        _ = try await store(bounds).find([used], for: alice)
        let theirs = try await store(bounds).keep([3, 3], for: bob)
        try age(theirs, by: 20)
        await store(bounds).clean()
        #expect(try await store(bounds).find([old, used], for: alice).keys.sorted() == [used])
        #expect(try await store(bounds).find([theirs], for: bob).count == 1)
        try age(used, by: 30)
        _ = try await store(bounds).keep([4], for: bob)
        await store(bounds).clean()
        #expect(try await store(bounds).find([used], for: alice) == [:])
        #expect(try paths().filter { $0.hasSuffix("/uploads") || $0.contains("/uploads/") }.count == 4)
    }

    /// Makes a file look as if it had been used so many seconds ago.
    private func age(_ reference: String, by seconds: Int) throws {
        let path = try #require(try paths().first { $0.hasSuffix(reference) })
        var times = [timespec(), timespec()]
        for index in times.indices { times[index].tv_sec = time(nil) - seconds }
        #expect(utimensat(AT_FDCWD, path, times, 0) == 0)
    }
}
