/// What was seen at one moment. Later looks have higher numbers.
struct Look<Value: Sendable>: Sendable {
    let number: Int
    let value: Value
}

/// Asks one question on behalf of everybody who waits for a change of its answer.
///
/// Docker emits no event when a task changes its state, so somebody has to ask. One asks for all: while somebody waits,
/// again and again; while nobody does, only when told to. How often depends on what an answer costs Docker, which
/// should spend its time on starting containers.
actor SharedLook<Value: Sendable> {
    private let fetch: @Sendable () async throws -> Value
    private let clock = ContinuousClock()
    private var latest: Look<Value>?
    private var latestBegan: ContinuousClock.Instant?
    private var number = 0
    private var isLooking = false
    /// When the next look may begin, whoever wants it.
    private var due: ContinuousClock.Instant?
    private var waiting: [Int: Waiter] = [:]
    private var lastWaiter = 0

    private let pace: @Sendable () async -> LookPace
    private let shortest = Duration.milliseconds(15)

    private struct Waiter {
        /// The look that is waited for has a higher number.
        let seen: Int
        let continuation: CheckedContinuation<Look<Value>, any Error>
    }

    /// - Parameter pace: asked after each look, for the next.
    init(
        pace: @escaping @Sendable () async -> LookPace = { .usual },
        _ fetch: @escaping @Sendable () async throws -> Value
    ) {
        self.pace = pace
        self.fetch = fetch
    }

    /// What was seen last, however long ago: for what does not change once it is there.
    var last: Value? { latest?.value }

    /// A look that began after this call.
    func fresh() async throws -> Look<Value> {
        // The one that is under way, whose number is taken, may have been answered already.
        try await look(after: number)
    }

    /// A look that began less than `age` ago.
    func recent(within age: Duration = .milliseconds(500)) async throws -> Look<Value> {
        if let latest, let latestBegan, clock.now - latestBegan < age { return latest }
        return try await look(after: number)
    }

    /// A look that began less than `age` ago, or the last one where it is too soon for another: it never waits for its turn.
    func affordable(within age: Duration = .milliseconds(500)) async throws -> Look<Value> {
        if let latest, let due, clock.now < due { return latest }
        return try await recent(within: age)
    }

    /// A look that the caller has not seen: at once where there is one, else as soon as it is due.
    func next(after seen: Int) async throws -> Look<Value> {
        if let latest, latest.number > seen { return latest }
        return try await look(after: seen)
    }

    private func look(after seen: Int) async throws -> Look<Value> {
        lastWaiter += 1
        let key = lastWaiter
        return try await withTaskCancellationHandler {
            try Task.checkCancellation()
            return try await withCheckedThrowingContinuation { continuation in
                waiting[key] = Waiter(seen: seen, continuation: continuation)
                if !isLooking {
                    isLooking = true
                    Task { await self.run() }
                }
            }
        } onCancel: {
            Task { await self.give(up: key) }
        }
    }

    private func give(up key: Int) {
        waiting.removeValue(forKey: key)?.continuation.resume(throwing: CancellationError())
    }

    /// Looks until nobody waits any more.
    private func run() async {
        while !waiting.isEmpty {
            if let due { try? await clock.sleep(until: due) }
            let began = clock.now
            number += 1
            let result: Result<Look<Value>, any Error>
            do {
                let look = Look(number: number, value: try await fetch())
                latest = look
                latestBegan = began
                result = .success(look)
            } catch {
                result = .failure(error)
            }
            let took = clock.now - began
            let pace = await pace()
            due = began + min(max(took * pace.share, shortest), pace.longest)
            answer(result, to: number)
        }
        isLooking = false
    }

    private func answer(_ result: Result<Look<Value>, any Error>, to number: Int) {
        for (key, waiter) in waiting where waiter.seen < number {
            waiting[key] = nil
            waiter.continuation.resume(with: result)
        }
    }
}
