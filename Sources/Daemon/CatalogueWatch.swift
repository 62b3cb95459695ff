// A dispatch source may be cancelled from any thread; its type does not say so.
@preconcurrency import Dispatch
import Glibc
import MultipleSpawner
import ServiceLifecycle
import UnixSignals

/// Reads the catalogue's files again when one of them changes, and on SIGHUP.
struct CatalogueWatch: Service {
    let files: CatalogueFiles
    let orchestrator: Orchestrator
    /// A disk may be slow, and of two readings the later one is to stay.
    private let queue = DispatchQueue(label: "multiplespawner.catalogue")

    init(files: CatalogueFiles, orchestrator: Orchestrator) {
        self.files = files
        self.orchestrator = orchestrator
    }

    func run() async throws {
        await withDiscardingTaskGroup { group in
            group.addTask {
                let signals = await UnixSignalsSequence(trapping: .sighup)
                for await _ in signals.cancelOnGracefulShutdown() { await reload() }
            }
            group.addTask {
                await watchFiles()
            }
        }
    }

    /// Which files there are to watch is known from the files: when they name others, those are watched.
    private func watchFiles() async {
        var watched = files.current.files
        var isFirst = true
        while true {
            let changes = FileChanges.of(watched).cancelOnGracefulShutdown()
            // One may have changed before it was watched.
            if !isFirst { await reload() }
            isFirst = false
            if Set(files.current.files) == Set(watched) {
                for await _ in changes {
                    await reload()
                    if Set(files.current.files) != Set(watched) { break }
                }
            }
            guard !Task.isCancelled, Set(files.current.files) != Set(watched) else { return }
            watched = files.current.files
        }
    }

    private func reload() async {
        await withCheckedContinuation { continuation in
            queue.async {
                files.reload()
                continuation.resume()
            }
        }
        await orchestrator.configure(by: files.catalogue)
        // A provider may have more room now.
        await orchestrator.admission.reconsider()
    }
}

/// Tells when one of some files was written, replaced or made.
enum FileChanges {
    /// Directories are watched and not the files, because editors and `kubectl` replace files.
    static func of(_ paths: [String]) -> AsyncStream<Void> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
            guard descriptor >= 0 else { return continuation.finish() }
            // Kubernetes replaces a directory that the files are links into.
            var names: Set<String> = ["..data"]
            for path in paths {
                let parts = path.split(separator: "/", omittingEmptySubsequences: false)
                names.insert(parts.last.map(String.init) ?? path)
                let directory = parts.dropLast().joined(separator: "/")
                let events = UInt32(IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE)
                _ = inotify_add_watch(descriptor, parts.count > 1 ? (directory.isEmpty ? "/" : directory) : ".", events)
            }
            let source = DispatchSource.makeReadSource(
                fileDescriptor: descriptor, queue: DispatchQueue(label: "multiplespawner.files"))
            let wanted = names
            source.setEventHandler {
                if changedNames(descriptor).contains(where: wanted.contains) { continuation.yield() }
            }
            source.setCancelHandler { close(descriptor) }
            continuation.onTermination = { _ in source.cancel() }
            source.activate()
        }
    }

    /// Reads what inotify has: `struct inotify_event` is 16 bytes, the last four the length of the name behind it.
    private static func changedNames(_ descriptor: Int32) -> [String] {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count = read(descriptor, &buffer, buffer.count)
        var names: [String] = []
        var offset = 0
        while offset + 16 <= count {
            let length = buffer.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self)) }
            let name = buffer[(offset + 16)..<min(count, offset + 16 + length)].prefix { $0 != 0 }
            names.append(String(decoding: name, as: UTF8.self))
            offset += 16 + length
        }
        return names
    }
}
