/// The address of a hub's interface, as servers are told it.
enum HubURL {
    /// The URL with another host; its port and path stay.
    static func replacingHost(of url: String, with host: String) -> String {
        guard let start = url.firstRange(of: "://")?.upperBound else { return url }
        let rest = url[start...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        let authority = rest[..<end]
        let afterHost =
            authority.lastIndex(of: "]").map { authority[authority.index(after: $0)...] }
            ?? authority[(authority.firstIndex(of: ":") ?? authority.endIndex)...]
        let isBareAddress = host.contains(":") && !host.hasPrefix("[")
        return url[..<start] + (isBareAddress ? "[\(host)]" : host) + afterHost + rest[end...]
    }
}
