import MultipleSpawner

/// The pauses of somebody who looks until something is so.
struct CloudWait: Sendable {
    let deadline: ContinuousClock.Instant
    private let pace: CloudPace
    private var pause: Duration

    init(until deadline: ContinuousClock.Instant, pace: CloudPace) {
        self.deadline = deadline
        self.pace = pace
        pause = pace.first
    }

    var isOver: Bool { ContinuousClock.now >= deadline }

    /// Waits before the next look, no longer than until the deadline.
    ///
    /// - Throws: `CancellationError`.
    mutating func rest() async throws {
        try await Task.sleep(until: min(.now + pause, deadline), clock: .continuous)
        pause = min(pause * 1.5, pace.longest)
    }
}
