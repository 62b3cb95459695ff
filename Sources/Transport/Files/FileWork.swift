import Dispatch

/// Calls that wait for a disk or for a lock: beside the threads that tasks run on.
public enum FileWork {
    private static let queue = DispatchQueue(label: "multiplespawner.transport.files", attributes: .concurrent)

    public static func run<Value: Sendable, Failure: Error>(
        _ work: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            queue.async {
                do throws(Failure) {
                    continuation.resume(returning: .success(try work()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}
