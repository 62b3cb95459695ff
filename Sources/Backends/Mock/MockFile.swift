import Glibc
import MultipleSpawner

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The file that stands for a mock server which outlives the daemon. It is there exactly as long as the server lives.
struct MockFile: Sendable {
    let directory: String
    private let path: String

    private struct Content: Codable {
        let session: SessionID
        let identity: SessionIdentity
        let handle: Handle
    }

    /// `nil` for a server that lives in memory alone.
    init?(_ mock: MockHandle) {
        guard let world = mock.world else { return nil }
        directory = world
        path = "\(world)/\(mock.session.rawValue).json"
    }

    var exists: Bool { access(path, F_OK) == 0 }

    /// Makes the file, whole and in one step; a file that is there already is a second server.
    func create(_ handle: Handle, _ identity: SessionIdentity) throws(SpawnError) {
        guard let session = SessionID(rawValue: name),
            let data = try? JSONEncoder().encode(
                Content(session: session, identity: identity, handle: handle))
        else { throw SpawnError(.internal, "the mock server's file cannot be written") }
        mkdir(directory, 0o700)
        // Written aside and linked into place: who looks in between sees none, not half a file.
        let aside = "\(directory)/.\(name)-\(getpid())"
        let descriptor = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure() }
        defer {
            close(descriptor)
            unlink(aside)
        }
        let written = data.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == data.count else { throw failure() }
        guard link(aside, path) == 0 else { throw errno == EEXIST ? Self.isDouble(session) : failure() }
    }

    func remove() {
        unlink(path)
    }

    /// The servers of a directory. A file that cannot be read is an error, never an absent server.
    static func residents(in directory: String) throws(SpawnError) -> [Resident] {
        let names: [String]
        do {
            names = try SystemFile.names(in: directory)
        } catch  where error.number == ENOENT {
            return []
        } catch {
            throw SpawnError(.unavailable, "the mock servers in '\(directory)' cannot be listed: \(error)")
        }
        var residents: [Resident] = []
        for name in names where name.hasSuffix(".json") && !name.hasPrefix(".") {
            if let resident = try resident("\(directory)/\(name)") { residents.append(resident) }
        }
        return residents
    }

    private static func resident(_ path: String) throws(SpawnError) -> Resident? {
        do {
            let content = try JSONDecoder().decode(Content.self, from: Data(try SystemFile.read(path)))
            return Resident(
                session: content.session, identity: content.identity, handle: content.handle,
                description: "mock server \(content.session.rawValue)")
        } catch {
            // It ended between the two looks.
            if (error as? SystemError)?.number == ENOENT { return nil }
            throw SpawnError(.unavailable, "the mock server's file '\(path)' cannot be read", cause: error)
        }
    }

    static func isDouble(_ session: SessionID) -> SpawnError {
        SpawnError(.conflict, "session '\(session.rawValue)' has a mock server already; stop it first")
    }

    private var name: String { String(path.dropFirst(directory.count + 1).dropLast(5)) }

    private func failure() -> SpawnError {
        let reason = SystemError.last
        return SpawnError(.backendFailed, "the mock server's file '\(path)' cannot be made: \(reason)")
    }
}
