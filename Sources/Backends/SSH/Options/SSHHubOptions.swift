import MultipleSpawner

/// How servers on other machines reach the hub.
struct SSHHubOptions: Sendable {
    var apiURL: String?
    var activityURL: String?
    var publicHost: String?
    /// Whether the hub's API is carried to the machine.
    var isForwarded: Bool
    /// The port there; `nil`: a free one.
    var port: Int?
    /// The hub's host as it is reached from here.
    var interface: String?

    init(_ options: OptionReader, connect: SSHOptions.Connect) throws(SpawnError) {
        apiURL = options.text("hub_api_url")
        activityURL = options.text("hub_activity_url")
        publicHost = options.text("hub_public_host")
        interface = options.text("hub_api_interface")
        let port = options.number("hub_api_port") ?? options.text("hub_api_port").flatMap { Int($0) }
        guard options.text("hub_api_port") == nil || port != nil, port.map((1...65535).contains) ?? true else {
            throw SpawnError(.invalidRequest, "'hub_api_port' is no port; write a number from 1 to 65535")
        }
        self.port = port
        let isReachable = apiURL != nil || publicHost != nil
        isForwarded = options.flag("ssh_forward_tunnel_client") ?? (connect == .tunnel && !isReachable)
    }

    /// Where the hub's API is, as the hub itself says it.
    func end(of url: String) throws(SpawnError) -> TunnelPoint {
        let parts = url.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        let scheme = parts.count == 2 ? parts[0].lowercased() : ""
        let authority = parts.count == 2 ? parts[1].prefix { $0 != "/" && $0 != "?" && $0 != "#" } : ""
        guard ["http", "https"].contains(scheme),
            let address = try? SSHAddress(String(authority.split(separator: "@").last ?? ""))
        else {
            throw SpawnError(
                .invalidRequest,
                "the hub's API is said to be at '\(url.excerpt)', which is no address; set the hub's 'hub_connect_url', "
                    + "or 'hub_api_url' in the template")
        }
        return TunnelPoint(host: interface ?? address.host, port: address.port ?? (scheme == "https" ? 443 : 80))
    }

    /// The hub's two URLs for the server.
    ///
    /// - Parameter port: where the hub's API is carried to on the machine; `nil` where it is not.
    func rewrite(_ variables: inout [String: String], port: Int?) {
        let (api, activity) = ("JUPYTERHUB_API_URL", "JUPYTERHUB_ACTIVITY_URL")
        let before = variables[api]
        if let apiURL {
            variables[api] = apiURL
            // The activity is told below the API.
            if let own = variables[activity], let before, own.hasPrefix(before) {
                variables[activity] = apiURL + own.dropFirst(before.count)
            }
        } else if let publicHost {
            for name in [api, activity] {
                variables[name] = variables[name].map { HubURL.replacingHost(of: $0, with: publicHost) }
            }
        } else if let port {
            for name in [api, activity] {
                variables[name] = variables[name].map { Self.replacingAuthority(of: $0, with: "127.0.0.1:\(port)") }
            }
        }
        if let activityURL { variables[activity] = activityURL }
        if variables["JPY_HUB_API_URL"] != nil { variables["JPY_HUB_API_URL"] = variables[api] }
    }

    static func replacingAuthority(of url: String, with authority: String) -> String {
        guard let start = url.firstRange(of: "://")?.upperBound else { return url }
        let rest = url[start...].drop { $0 != "/" && $0 != "?" && $0 != "#" }
        return url[..<start] + authority + rest
    }
}

/// A host and a port on our side of a tunnel.
struct TunnelPoint: Sendable, Hashable, Codable {
    var host: String
    var port: Int
}
