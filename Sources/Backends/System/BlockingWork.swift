import Dispatch

/// Calls that may wait for a disk or a directory service: beside the threads that tasks run on.
enum BlockingWork {
    private static let queue = DispatchQueue(label: "multiplespawner.local.blocking", attributes: .concurrent)

    static func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: work()) }
        }
    }
}
