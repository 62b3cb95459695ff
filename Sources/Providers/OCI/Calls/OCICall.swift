import MultipleSpawner

/// One call as it is to be made.
struct OCICall: Sendable {
    var method = "GET"
    var service = OCIPlace.Service.compute
    /// Its parts, not encoded: `instances`, the id of one.
    var path: [String]
    var query: [(name: String, value: String)] = []
    var body: JSONValue?
    /// What the cloud knows a repeated request by.
    var retryToken: String?

    private static let version = "20160918"

    /// Path and query as they are sent.
    func target(at endpoint: CloudEndpoint) -> String {
        let parts = ([Self.version] + path).map(\.percentEncoded)
        let query = query.map { "\($0.name.percentEncoded)=\($0.value.percentEncoded)" }.joined(separator: "&")
        return endpoint.path + "/" + parts.joined(separator: "/") + (query.isEmpty ? "" : "?\(query)")
    }

    /// What is being done, for messages.
    var doing: String { "\(method) \(path.first?.excerpt ?? "") of Oracle's cloud" }
}
