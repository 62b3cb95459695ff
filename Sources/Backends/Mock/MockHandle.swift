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
    /// The image that it pretends to be.
    var image: String?
    /// The files that came with it, each with its size.
    var files: [String]?
}

extension MockHandle {
    /// What its log says: all that was chosen for it.
    var log: String {
        var lines = ["mock server \(session.rawValue) at \(host):\(port)"]
        if let image { lines.append("image \(image)") }
        for file in files ?? [] { lines.append("file \(file)") }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// An error that a mock was told to fail with.
struct MockFailure: Sendable, Hashable, Codable {
    let code: SpawnError.Code
    let message: String

    var error: SpawnError { SpawnError(code, message) }
}
