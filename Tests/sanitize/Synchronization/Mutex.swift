import Glibc

/// Stands in for the standard library's `Mutex` under the thread sanitizer: the same promises, on a pthread lock.
public struct Mutex<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    // Safe: the value is only reached through `withLock`, which holds the lock.
    private let storage: UnsafeMutablePointer<Value>
    private let lock: UnsafeMutablePointer<pthread_mutex_t>

    public init(_ value: consuming sending Value) {
        storage = .allocate(capacity: 1)
        storage.initialize(to: value)
        lock = .allocate(capacity: 1)
        pthread_mutex_init(lock, nil)
    }

    public borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return try body(&storage.pointee)
    }

    deinit {
        pthread_mutex_destroy(lock)
        lock.deallocate()
        storage.deinitialize(count: 1)
        storage.deallocate()
    }
}
