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
    /// When the next look may begin: for whom everything depends on it, and for whom it does not.
    private var due: (urgent: ContinuousClock.Instant, patient: ContinuousClock.Instant)?
    private var waiting: [Int: Waiter] = [:]
    private var lastWaiter = 0

    private let patientPace: @Sendable () async -> LookPace
    private let pace: LookPace

    private struct Waiter {
        /// The look that is waited for has a higher number.
        let seen: Int
        let isPatient: Bool
        let continuation: CheckedContinuation<Look<Value>, any Error>
    }

    /// - Parameters:
    ///   - pace: how often there is a look while somebody waits.
    ///   - patientPace: how often while nobody waits but who hears of most changes by other ways; asked after each look,
    ///     for the next.
    init(
        pace: LookPace = .usual, patientPace: (@Sendable () async -> LookPace)? = nil,
        _ fetch: @escaping @Sendable () async throws -> Value
    ) {
        self.pace = pace
        self.patientPace = patientPace ?? { pace }
        self.fetch = fetch
    }

    /// What was seen last, however long ago: for what does not change once it is there.
    var last: Value? { latest?.value }

    /// A look that began after this call.
    func fresh() async throws -> Look<Value> {
        // The one that is under way, whose number is taken, may have been answered already.
        try await look(after: number, isPatient: false)
    }

    /// A look that began less than `age` ago.
    func recent(within age: Duration = .milliseconds(500)) async throws -> Look<Value> {
        if let latest, let latestBegan, clock.now - latestBegan < age { return latest }
        return try await look(after: number, isPatient: false)
    }

    /// A look that began less than `age` ago, or the last one where it is too soon for another: it never waits for its turn.
    func affordable(within age: Duration = .milliseconds(500)) async throws -> Look<Value> {
        if let latest, let due, clock.now < due.patient { return latest }
        return try await recent(within: age)
    }

    /// A look that the caller has not seen: at once where there is one, else as soon as it is due.
    ///
    /// - Parameter isPatient: whether the caller hears of most changes by other ways.
    func next(after seen: Int, isPatient: Bool = false) async throws -> Look<Value> {
        if let latest, latest.number > seen { return latest }
        return try await look(after: seen, isPatient: isPatient)
    }

    private func look(after seen: Int, isPatient: Bool) async throws -> Look<Value> {
        lastWaiter += 1
        let key = lastWaiter
        return try await withTaskCancellationHandler {
            try Task.checkCancellation()
            return try await withCheckedThrowingContinuation { continuation in
                waiting[key] = Waiter(seen: seen, isPatient: isPatient, continuation: continuation)
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
            await waitUntilDue()
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
            due = (began + pace.pause(after: took), began + (await patientPace()).pause(after: took))
            answer(result, to: number)
        }
        isLooking = false
    }

    /// Waits for the turn of those who wait, some of whom may come meanwhile and be in more of a hurry.
    private func waitUntilDue() async {
        guard let due else { return }
        try? await clock.sleep(until: due.urgent)
        let step = max(due.urgent - (latestBegan ?? due.urgent), LookPace.shortest)
        while clock.now < due.patient, waiting.values.allSatisfy(\.isPatient), !waiting.isEmpty {
            try? await clock.sleep(until: min(clock.now + step, due.patient))
        }
    }

    private func answer(_ result: Result<Look<Value>, any Error>, to number: Int) {
        for (key, waiter) in waiting where waiter.seen < number {
            waiting[key] = nil
            waiter.continuation.resume(with: result)
        }
    }
}
