import Crypto
import Glibc
import MultipleSpawner

/// The program that removes volumes on other machines of a swarm, as it travels there: a Docker config.
struct VolumeProgram: Sendable, Hashable {
    /// Where it is in its container, whatever image that is of.
    static let target = "/multiplespawner-volume-remover"

    let content: [UInt8]

    /// The config's name. Another build is another config, so that two daemons of different age do not meet in one.
    var name: String { "multiplespawner-volume-remover-" + SHA256.hash(data: content).hexadecimal.prefix(24) }

    /// What `POST /configs/create` takes.
    var file: StoredFile { StoredFile(name: name, labels: [ServiceLabels.cleanUp: "program"], content: content) }

    init(content: [UInt8]) {
        self.content = content
    }

    /// Reads it where `MULTIPLE_SPAWNER_VOLUME_REMOVER` says, else beside the daemon's own program.
    ///
    /// - Throws: `internal` where it is not there, or is none that a config can hold.
    init(at path: String = Self.usualPath) async throws(SpawnError) {
        let result = await BlockingWork.run { Result { try SystemFile.read(path, limit: Self.mostBytes + 1) } }
        guard case .success(let content) = result else {
            throw Self.unusable(path, "cannot be read", result)
        }
        guard content.starts(with: [0x7F] + Array("ELF".utf8)) else {
            throw Self.unusable(path, "is no program", result)
        }
        guard content.count <= Self.mostBytes else {
            throw Self.unusable(path, "has more than the \(Self.mostBytes) bytes that a Docker config holds", result)
        }
        self.content = content
    }

    /// Docker refuses a config of 1000 KiB.
    private static let mostBytes = 1_023_999

    static var usualPath: String {
        if let path = getenv("MULTIPLE_SPAWNER_VOLUME_REMOVER").map({ String(cString: $0) }), !path.isEmpty {
            return path
        }
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let own = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        return own.split(separator: "/").dropLast().map { "/\($0)" }.joined() + target
    }

    private static func unusable(
        _ path: String, _ problem: String, _ result: Result<[UInt8], any Error>
    ) -> SpawnError {
        var cause: (any Error)?
        if case .failure(let error) = result { cause = error }
        return SpawnError(
            .internal,
            "the program '\(path)', which removes volumes on other nodes, \(problem); it is built with the daemon and "
                + "lies beside it, or where MULTIPLE_SPAWNER_VOLUME_REMOVER says",
            cause: cause)
    }
}
