import MultipleSpawner
import Synchronization

/// The sockets of a connection's private directory, each of which leads to one place on the other machine.
actor Entrances {
    private var made: [TunnelEnd: Task<String, any Error>] = [:]
    private var last = 0

    /// The path of the one that leads there, made by `make` where there is none yet.
    func path(
        to end: TunnelEnd, _ make: @escaping @Sendable (_ number: Int) async throws -> String
    ) async throws -> String {
        if let known = made[end] { return try await known.value }
        last += 1
        let number = last
        let task = Task { try await make(number) }
        made[end] = task
        do {
            return try await task.value
        } catch {
            made[end] = nil
            throw error
        }
    }
}
