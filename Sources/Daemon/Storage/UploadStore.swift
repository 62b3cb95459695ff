import Crypto
import Dispatch
import FoundationEssentials
import MultipleSpawner

/// Keeps the files that users send with a form until their servers start, and for later starts with the same choice.
///
/// The hub keeps user options in its database, as JSON; so what options hold is a reference, the SHA-256 of the content.
/// A user reaches only what the same user of the same hub has sent. What nobody has used for long is removed.
final class UploadStore: Sendable {
    /// How much is kept.
    struct Bounds: Sendable {
        var filesOfUser = 50
        var bytesOfUser = 64 << 20
        var bytesOfAll = 4 << 30
        /// Seconds since a file was last used.
        var age = 30 * 86_400
    }

    private let folder: UploadFolder
    private let bounds: Bounds
    /// A disk may be slow: nothing of this runs where requests are served.
    private let queue = DispatchQueue(label: "multiplespawner.uploads")

    /// - Parameter path: a directory of its own, made when the first file comes.
    init(path: String, bounds: Bounds = Bounds()) {
        folder = UploadFolder(path: path)
        self.bounds = bounds
    }

    /// Keeps a file; of the user's others, the least used go where there are too many.
    ///
    /// - Returns: the reference to it.
    func keep(_ content: [UInt8], for identity: SessionIdentity) async throws -> String {
        guard content.count <= bounds.bytesOfUser else {
            throw SpawnError(
                .invalidRequest, "a file has \(content.count) bytes; the most that is kept is \(bounds.bytesOfUser)")
        }
        let reference = Self.reference(to: content)
        let owner = Self.owner(identity)
        try await onQueue { [folder, bounds] in
            try folder.write(content, as: reference, of: owner)
            var (files, bytes) = (0, 0)
            // The newest stay, and the one that has just come is the newest, whatever the clock says.
            let others = folder.files(of: owner).filter { $0.name != reference }.sorted { $0.used > $1.used }
            for file in folder.files(of: owner).filter({ $0.name == reference }) + others {
                files += 1
                bytes += file.bytes
                if files > bounds.filesOfUser || bytes > bounds.bytesOfUser { folder.remove(file) }
            }
        }
        return reference
    }

    /// The contents of the references that are kept for this user; others are left out.
    func find(_ references: [String], for identity: SessionIdentity) async throws -> [String: [UInt8]] {
        let wanted = Set(references.filter(Self.isReference).prefix(Self.mostReferences))
        guard !wanted.isEmpty else { return [:] }
        let owner = Self.owner(identity)
        return try await onQueue { [folder, bounds] in
            var found: [String: [UInt8]] = [:]
            for reference in wanted {
                guard let content = folder.read(reference, of: owner, atMost: bounds.bytesOfUser),
                    // What is on the disk is not believed: a file that was cut off or changed is none.
                    Self.reference(to: content) == reference
                else { continue }
                found[reference] = content
            }
            return found
        }
    }

    /// How many references of one request are looked up.
    private static let mostReferences = 1000

    /// Removes what nobody has used for long, and the least used where there is too much in all.
    func clean(at now: Date = Date()) async {
        try? await onQueue { [folder, bounds] in
            let oldest = Int(now.timeIntervalSince1970) - bounds.age
            var bytes = 0
            for file in folder.allFiles().sorted(by: { $0.used > $1.used }) {
                bytes += file.bytes
                if file.used < oldest || bytes > bounds.bytesOfAll { folder.remove(file) }
            }
            folder.removeEmpty()
        }
    }

    private func onQueue<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try work() }) }
        }
    }

    static func reference(to content: [UInt8]) -> String {
        hexadecimal(SHA256.hash(data: content))
    }

    /// Names are hashed with their lengths, so that no two users share a directory, whatever they are called.
    private static func owner(_ identity: SessionIdentity) -> String {
        var hash = SHA256()
        for name in [identity.hub, identity.user] {
            hash.update(data: Array("\(name.utf8.count):\(name)".utf8))
        }
        return hexadecimal(hash.finalize())
    }

    private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Whether a text is a reference: it becomes a file's name.
    static func isReference(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            }
    }
}
