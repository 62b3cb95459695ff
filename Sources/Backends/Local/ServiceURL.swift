import MultipleSpawner

/// `JUPYTERHUB_SERVICE_URL`: where the server binds, with the path that the hub gave it.
struct ServiceURL: Sendable, Hashable {
    let scheme: Endpoint.Scheme
    let address: String
    let port: Int
    let path: String

    /// Keeps scheme and path of the hub's own value, whose address and port are not the real ones yet.
    init(hubURL: String?, prefix: String?, address: String, port: Int) {
        let parts = hubURL.map(Self.split)
        scheme = parts?.scheme == "https" ? .https : .http
        path = parts?.path ?? prefix ?? "/"
        self.address = address
        self.port = port
    }

    /// Reads one back; `nil` unless it names an address and a port.
    init?(_ text: String) {
        let parts = Self.split(text)
        guard let scheme = Endpoint.Scheme(rawValue: parts.scheme), let colon = parts.host.lastIndex(of: ":"),
            let port = Int(parts.host[parts.host.index(after: colon)...]), (1...65535).contains(port)
        else { return nil }
        var address = String(parts.host[..<colon])
        if address.hasPrefix("["), address.hasSuffix("]") { address = String(address.dropFirst().dropLast()) }
        self.scheme = scheme
        self.address = address
        self.port = port
        self.path = parts.path
    }

    var text: String {
        Endpoint(scheme: scheme, host: address, port: port).url + (path.hasPrefix("/") ? path : "/" + path)
    }

    private static func split(_ url: String) -> (scheme: String, host: String, path: String) {
        let schemeAndRest = url.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        let rest = schemeAndRest.count == 2 ? schemeAndRest[1] : schemeAndRest[0]
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let path = String(rest[slash...])
        return (
            schemeAndRest.count == 2 ? schemeAndRest[0].lowercased() : "", String(rest[..<slash]),
            path.isEmpty ? "/" : path
        )
    }
}
