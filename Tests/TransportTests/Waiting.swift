import Testing

/// Asks until it is so.
func wait(_ isSo: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(20)
    while try await !isSo() {
        try #require(ContinuousClock.now < end, "it did not come about")
        try await Task.sleep(for: .milliseconds(2))
    }
}
