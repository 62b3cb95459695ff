/// A request as it was read.
public struct Request: Sendable {
    public let method: String
    /// Path and query, as they came.
    public let target: String
    /// By their names in lower case.
    public let headers: [String: String]
    public let body: [UInt8]

    init?(head: String, body: [UInt8]) {
        var lines = head.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)[...]
        let words = (lines.popFirst() ?? "").split(separator: " ").map(String.init)
        guard words.count == 3 else { return nil }
        method = words[0]
        target = words[1]
        var headers: [String: String] = [:]
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        self.headers = headers
        self.body = body
    }

    /// The path alone.
    public var path: String { String(target.prefix { $0 != "?" }) }
}
