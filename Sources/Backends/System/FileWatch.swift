import Dispatch
import Glibc
import Synchronization

/// Tells when a file changes, by inotify: a log that is written to, a cgroup that has become empty.
final class FileWatch: Sendable {
    private let source: Mutex<any DispatchSourceRead>

    init(_ path: String, changed: @escaping @Sendable () -> Void) throws(SystemError) {
        let descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        guard descriptor >= 0 else { throw .last }
        guard inotify_add_watch(descriptor, path, UInt32(IN_MODIFY)) >= 0 else {
            let reason = SystemError.last
            close(descriptor)
            throw reason
        }
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: .global())
        source.setEventHandler {
            var buffer = [UInt8](repeating: 0, count: 4096)
            while read(descriptor, &buffer, buffer.count) > 0 {}
            changed()
        }
        source.setCancelHandler { close(descriptor) }
        source.resume()
        self.source = Mutex(source)
    }

    deinit {
        source.withLock { $0.cancel() }
    }
}
