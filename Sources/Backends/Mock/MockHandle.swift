import MultipleSpawner

/// What is kept of a mock session.
struct MockHandle: Sendable, Hashable, Codable {
    let session: SessionID
    let host: String
    let port: Int
    /// The directory that holds the server's file; `nil`: it lives in memory alone.
    var world: String?
    /// Seconds since 1970.
    var answersAt: Double?
    var exitsAt: Double?
    var exitStatus: Int32 = 0
    /// Seconds that a stop takes.
    var stopDelay: Double = 0
    /// Why polls cannot tell anything of it.
    var unreachable: String?
    var answerError: MockFailure?
}

/// An error that a mock was told to fail with.
struct MockFailure: Sendable, Hashable, Codable {
    let code: SpawnError.Code
    let message: String

    var error: SpawnError { SpawnError(code, message) }
}
