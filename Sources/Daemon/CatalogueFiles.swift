import FoundationEssentials
import Glibc
import Logging
import MultipleSpawner
import Synchronization

/// The catalogue that is in force, read from the files again when they change.
///
/// A version with an error is refused whole: its diagnostics are kept for the log and the status page, and the last good
/// version stays in force.
final class CatalogueFiles: Sendable {
    /// What was read last, and what serves.
    struct State: Sendable {
        var catalogue: Catalogue
        var read: Date
        /// The files that decide what is in force, lists of users included: whatever the newest version names.
        var files: [String]
        /// Why the newest version of the files is not in force; empty when it is.
        var refused: [Diagnostic] = []
    }

    let paths: CataloguePaths
    private let registry: Registry
    private let state: Mutex<State>
    private let log: Logger

    /// Reads the files for the first time; an error in them ends it.
    init(paths: CataloguePaths, registry: Registry, log: Logger) throws(SpawnError) {
        let reading = Catalogue.read(try paths.sources(), registry: registry)
        guard let catalogue = reading.catalogue else {
            throw SpawnError(
                .invalidRequest, "the files have errors; `multiplespawner check` shows them again",
                details: reading.diagnostics.map(\.description))
        }
        self.paths = paths
        self.registry = registry
        self.log = log
        state = Mutex(State(catalogue: catalogue, read: Date(), files: paths.all(of: reading)))
        for diagnostic in reading.diagnostics { log.warning("\(diagnostic)") }
    }

    var current: State { state.withLock { $0 } }
    var catalogue: Catalogue { state.withLock { $0.catalogue } }

    /// Reads the files again, one reading after another. It waits for the disk: call it on a queue of its own.
    ///
    /// - Returns: whether the new version is in force.
    @discardableResult
    func reload() -> Bool {
        let reading: CatalogueReading
        do {
            reading = Catalogue.read(try paths.sources(), registry: registry)
        } catch {
            log.error("the files cannot be read; the last good version stays in force", metadata: ["error": "\(error)"])
            return false
        }
        for diagnostic in reading.diagnostics { log.warning("\(diagnostic)") }
        let watched = paths.all(of: reading)
        guard let catalogue = reading.catalogue else {
            state.withLock { state in
                state.refused = reading.diagnostics
                // A list that was missing may come; one that is in force may still change.
                state.files += watched.filter { !state.files.contains($0) }
            }
            log.error("the files have errors; the last good version stays in force")
            return false
        }
        state.withLock { $0 = State(catalogue: catalogue, read: Date(), files: watched) }
        log.info("the files were read", metadata: ["templates": "\(catalogue.templates.count)"])
        return true
    }
}

/// Reads whole small files.
enum FileBytes {
    static let most = 64 << 20

    static func read(_ path: String) throws(SpawnError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw SpawnError(.invalidRequest, "cannot read '\(path)': \(errorText())")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count >= 0 else {
                throw SpawnError(.invalidRequest, "cannot read '\(path)': \(errorText())")
            }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= most else {
                throw SpawnError(.invalidRequest, "'\(path)' is larger than 64 MiB; it cannot be one of our files")
            }
        }
    }
}
