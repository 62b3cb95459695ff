/// A promise that was not kept.
struct Violation: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}

/// What cannot be checked here, and why.
struct NotChecked: Error {
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}
