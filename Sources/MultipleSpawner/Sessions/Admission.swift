/// Who may start now, and who waits.
///
/// A bounded number of starts runs at a time, and a provider holds a bounded number of sessions. Who must wait is
/// served in turn: one of each user's, round and round, so that forty starts of one user do not hold up the first of
/// another. Nobody is refused.
public actor Admission {
    private struct Waiter {
        let id: SessionID
        let user: String
        let provider: String
        let placed: @Sendable (Int) -> Void
        let continuation: CheckedContinuation<Bool, Never>
        var place = 0
    }

    private let concurrentStarts: Int
    private let capacity: @Sendable (_ provider: String) -> Int?
    private var starting: Set<SessionID> = []
    private var occupants: [SessionID: String] = [:]
    private var occupied: [String: Int] = [:]
    /// The waiting, each user's in the order of asking.
    private var queues: [String: [Waiter]] = [:]
    /// The users who wait, in the order in which their turn comes.
    private var turns: [String] = []

    /// - Parameters:
    ///   - concurrentStarts: how many starts run at a time.
    ///   - capacity: how many sessions a provider holds; `nil`: as many as come.
    public init(
        concurrentStarts: Int = 100, capacity: @escaping @Sendable (_ provider: String) -> Int? = { _ in nil }
    ) {
        self.concurrentStarts = max(1, concurrentStarts)
        self.capacity = capacity
    }

    /// Returns when the session may start. While it waits, `placed` is told its place, from 1.
    ///
    /// - Throws: `CancellationError` when the task is cancelled while it waits.
    public func enter(
        _ id: SessionID, user: String, provider: String, placed: @escaping @Sendable (Int) -> Void
    ) async throws {
        if turns.isEmpty, hasRoom(for: provider) {
            occupy(id, provider)
            starting.insert(id)
            return
        }
        let admitted = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled else { return continuation.resume(returning: false) }
                if queues[user] == nil { turns.append(user) }
                queues[user, default: []].append(
                    Waiter(id: id, user: user, provider: provider, placed: placed, continuation: continuation))
                admitWaiting()
            }
        } onCancel: {
            Task { await self.withdraw(id, user: user) }
        }
        guard admitted else { throw CancellationError() }
    }

    /// A session that runs already, found again after a restart, takes its place without asking.
    public func occupy(_ id: SessionID, _ provider: String) {
        guard occupants[id] == nil else { return }
        occupants[id] = provider
        occupied[provider, default: 0] += 1
    }

    /// The start is over, well or not; the session still holds its place at the provider.
    public func started(_ id: SessionID) {
        starting.remove(id)
        admitWaiting()
    }

    /// The session is gone.
    public func left(_ id: SessionID) {
        starting.remove(id)
        if let provider = occupants.removeValue(forKey: id) {
            occupied[provider, default: 1] -= 1
        }
        admitWaiting()
    }

    /// Whether a provider's capacity has room for one more.
    public func hasPlace(at provider: String) -> Bool {
        capacity(provider).map { occupied[provider, default: 0] < $0 } ?? true
    }

    /// How many sessions a provider holds now.
    public func sessions(at provider: String) -> Int { occupied[provider] ?? 0 }

    /// The same for all that have any.
    public var sessionsByProvider: [String: Int] { occupied }

    public var waiting: Int { queues.values.reduce(0) { $0 + $1.count } }

    /// A provider's capacity may have changed.
    public func reconsider() {
        admitWaiting()
    }

    private func hasRoom(for provider: String) -> Bool {
        guard starting.count < concurrentStarts else { return false }
        guard let most = capacity(provider) else { return true }
        return occupied[provider, default: 0] < most
    }

    /// Lets in whoever can be let in, a user at a time. A user whose provider is full does not hold up the others.
    private func admitWaiting() {
        guard !turns.isEmpty else { return }
        var index = 0
        while index < turns.count, starting.count < concurrentStarts {
            let user = turns[index]
            guard var queue = queues[user], let position = queue.firstIndex(where: { hasRoom(for: $0.provider) }) else {
                index += 1
                continue
            }
            let waiter = queue.remove(at: position)
            turns.remove(at: index)
            queues[user] = queue.isEmpty ? nil : queue
            if !queue.isEmpty { turns.append(user) }
            occupy(waiter.id, waiter.provider)
            starting.insert(waiter.id)
            waiter.continuation.resume(returning: true)
            index = 0
        }
        tellPlaces()
    }

    /// A place counts the turns before one's own: everybody's first, then everybody's second.
    private func tellPlaces() {
        var place = 0
        var round = 0
        var remaining = true
        while remaining {
            remaining = false
            for user in turns {
                guard var queue = queues[user], round < queue.count else { continue }
                remaining = true
                place += 1
                if isNews(place, after: queue[round].place) {
                    queue[round].place = place
                    queues[user] = queue
                    queue[round].placed(place)
                }
            }
            round += 1
        }
    }

    /// Far back in the queue a step more or less is no news; near its head each one is.
    private func isNews(_ place: Int, after told: Int) -> Bool {
        place != told && (told == 0 || place <= 10 || abs(told - place) * 10 >= told)
    }

    private func withdraw(_ id: SessionID, user: String) {
        guard var queue = queues[user], let index = queue.firstIndex(where: { $0.id == id }) else { return }
        queue.remove(at: index).continuation.resume(returning: false)
        queues[user] = queue.isEmpty ? nil : queue
        if queue.isEmpty { turns.removeAll { $0 == user } }
        admitWaiting()
    }
}
