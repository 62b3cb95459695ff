import MultipleSpawner

/// One call of Docker's API, before it is known which engine takes it.
struct DockerCall: Sendable {
    var method: String
    /// Path and query behind the version, encoded.
    var target: String
    var headers: [String: Secret] = [:]
    var body: [UInt8] = []
    /// For the answer of each engine that is asked; of a stream, for its head.
    var limit: Duration?
    /// How long a stream may say nothing.
    var silence: Duration?

    init(_ method: String, _ path: String, query: [String: String]) throws(DockerError) {
        let components = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        // Docker's own router would make another path of these.
        guard path.utf8.first == UInt8(ascii: "/"), components.allSatisfy({ !["", ".", ".."].contains($0) }) else {
            throw DockerError(.unreadable("'\(path.excerpt)' is no path of Docker's API"), mayHaveArrived: false)
        }
        self.method = method
        target = DockerPath.encoded(path: path) + DockerPath.query(query)
    }

    /// Whether it may be made again where nobody knows if it was done: twice is as good as once.
    var isRepeatable: Bool { ["GET", "HEAD", "DELETE"].contains(method) }
}
