import MultipleSpawner

/// Where a cloud's interface is: `https://ec2.eu-north-1.amazonaws.com`.
struct CloudEndpoint: Sendable, Hashable {
    /// Without a slash at its end.
    let url: String
    /// As it is in the header `Host`: with the port where that is not the usual one.
    let host: String
    /// What comes before every path of the interface; empty, or with a slash at its beginning.
    let path: String

    /// - Throws: `invalid_request` for what is no URL, and for plain HTTP to anywhere but this machine: a new machine's
    ///   secrets go that way.
    init(_ text: String) throws(SpawnError) {
        let isPlain = text.hasPrefix("http://")
        guard isPlain || text.hasPrefix("https://"), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            !text.utf8.contains(where: { "?#@\\\"<>".utf8.contains($0) })
        else { throw Self.refusal(text, "give a URL such as https://cloud.example.com") }
        let rest = text.dropFirst(isPlain ? 7 : 8)
        let authority = rest.prefix { $0 != "/" }
        let (name, port) = try Self.parts(String(authority), of: text)
        let isHere = name == "localhost" || name.hasPrefix("127.") || name == "[::1]"
        guard !isPlain || isHere else {
            throw Self.refusal(text, "only this machine is spoken to without TLS; use https")
        }
        let usual = isPlain ? 80 : 443
        host = port == nil || port == usual ? name : "\(name):\(port ?? usual)"
        var path = String(rest.dropFirst(authority.count))
        while path.hasSuffix("/") { path.removeLast() }
        self.path = path
        url = (isPlain ? "http://" : "https://") + host + path
    }

    private static func parts(_ authority: String, of text: String) throws(SpawnError) -> (name: String, port: Int?) {
        let end = authority.hasPrefix("[") ? authority.firstIndex(of: "]").map { authority.index(after: $0) } : nil
        let colon = authority[(end ?? authority.startIndex)...].firstIndex(of: ":")
        let name = authority[..<(colon ?? authority.endIndex)].lowercased()
        guard let colon else {
            guard !name.isEmpty else { throw refusal(text, "it names no host") }
            return (name, nil)
        }
        guard !name.isEmpty, let port = Int(authority[authority.index(after: colon)...]), (1...65535).contains(port)
        else { throw refusal(text, "its host or port is none") }
        return (name, port)
    }

    private static func refusal(_ text: String, _ reason: String) -> SpawnError {
        SpawnError(.invalidRequest, "the endpoint '\(text.excerpt)' cannot be used: \(reason)")
    }
}

extension CloudEndpoint: CustomStringConvertible {
    var description: String { host + path }
}
