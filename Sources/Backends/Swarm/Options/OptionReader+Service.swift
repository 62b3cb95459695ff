import MultipleSpawner

extension OptionReader {
    func networks() -> [NetworkAttachment] {
        (object["networks"]?.arrayValue ?? []).compactMap { entry in
            if let name = entry.stringValue { return name.isEmpty ? nil : NetworkAttachment(target: name) }
            let network = OptionReader(entry)
            return network.text("Target").map { NetworkAttachment(target: $0, aliases: network.list("Aliases")) }
        }
    }

    /// `cmd` with `args` after it, as JupyterHub has them.
    func command() throws(SpawnError) -> [String]? {
        let arguments = try words("args") ?? []
        let command = try words("cmd") ?? []
        return command.isEmpty && arguments.isEmpty ? nil : command + arguments
    }

    func restartPolicy() -> RestartPolicy {
        guard let policy = reader("restart_policy") else { return RestartPolicy() }
        return RestartPolicy(
            condition: policy.text("condition") ?? "none", delay: policy.number("delay"),
            mostAttempts: policy.number("max_attempts"), window: policy.number("window"))
    }

    /// An object, or a list of constraints.
    func placement() throws(SpawnError) -> PlacementSpecification? {
        let placement: PlacementSpecification
        if let constraints = list("placement") {
            placement = PlacementSpecification(constraints: constraints)
        } else if let options = reader("placement") {
            var preferences: [PlacementSpecification.Preference] = []
            for entry in options["preferences"]?.arrayValue ?? [] {
                preferences.append(try Self.preference(entry))
            }
            var platforms: [PlacementSpecification.Platform] = []
            for entry in options["platforms"]?.arrayValue ?? [] { platforms.append(try Self.platform(entry)) }
            placement = PlacementSpecification(
                constraints: options.list("constraints"), preferences: preferences.isEmpty ? nil : preferences,
                platforms: platforms.isEmpty ? nil : platforms, mostReplicas: options.number("maxreplicas"))
        } else {
            return nil
        }
        return placement == PlacementSpecification() ? nil : placement
    }

    /// `spread=node.labels.zone`, `["spread", "node.labels.zone"]`, or Docker's object.
    private static func preference(
        _ entry: JSONValue
    ) throws(SpawnError) -> PlacementSpecification.Preference {
        let descriptor: String?
        switch entry {
        case .string(let text):
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            descriptor = parts.count == 2 && parts[0] == "spread" ? parts[1] : nil
        case .array(let pair):
            descriptor = pair.count == 2 && pair[0].stringValue == "spread" ? pair[1].stringValue : nil
        default:
            descriptor = entry["Spread"]?["SpreadDescriptor"]?.stringValue
        }
        guard let descriptor, !descriptor.isEmpty else {
            throw SpawnError(
                .invalidRequest,
                "a placement preference cannot be read; write \"spread=node.labels.zone\" or "
                    + "[\"spread\", \"node.labels.zone\"] in the list")
        }
        return PlacementSpecification.Preference(spread: descriptor)
    }

    /// `linux`, `x86_64/linux`, `["x86_64", "linux"]`, or Docker's object.
    private static func platform(_ entry: JSONValue) throws(SpawnError) -> PlacementSpecification.Platform {
        let parts: [String]
        switch entry {
        case .string(let text): parts = text.split(separator: "/").map(String.init)
        case .array(let pair): parts = pair.compactMap(\.stringValue)
        default:
            let platform = OptionReader(entry)
            return PlacementSpecification.Platform(
                architecture: platform.text("Architecture"), system: platform.text("OS"))
        }
        guard parts.count == 2 else {
            throw SpawnError(
                .invalidRequest, "a placement platform cannot be read; write [\"x86_64\", \"linux\"] in the list")
        }
        return PlacementSpecification.Platform(architecture: parts[0], system: parts[1])
    }

    func endpoint() throws(SpawnError) -> EndpointSpecification? {
        guard let options = reader("endpoint_spec") else { return nil }
        var ports: [EndpointSpecification.Port] = []
        for (published, target) in (options["ports"]?.objectValue ?? [:]).sorted(by: { $0.key < $1.key }) {
            ports.append(try Self.port(published, target))
        }
        for entry in options["ports"]?.arrayValue ?? [] {
            let port = OptionReader(entry)
            ports.append(
                EndpointSpecification.Port(
                    name: port.text("Name"), protocolName: port.text("Protocol") ?? "tcp",
                    target: port.number("TargetPort") ?? 0, published: port.number("PublishedPort"),
                    mode: port.text("PublishMode")))
        }
        let endpoint = EndpointSpecification(mode: options.text("mode"), ports: ports.isEmpty ? nil : ports)
        return endpoint == EndpointSpecification() ? nil : endpoint
    }

    /// docker-py's `{published: target}` and `{published: [target, protocol, publish mode]}`.
    private static func port(_ published: String, _ value: JSONValue) throws(SpawnError) -> EndpointSpecification.Port {
        let parts = value.arrayValue?.compactMap(\.stringValue) ?? value.integerValue.map { [String($0)] } ?? []
        guard let publishedPort = Int(published), (0...65535).contains(publishedPort),
            let target = parts.first.flatMap({ Int($0) }), (1...65535).contains(target), parts.count <= 3,
            ["tcp", "udp", "sctp"].contains(parts.count > 1 ? parts[1] : "tcp"),
            ["ingress", "host"].contains(parts.count > 2 ? parts[2] : "ingress")
        else {
            throw SpawnError(
                .invalidRequest,
                "the published port '\(published.excerpt)' cannot be read; write {\"30000\": 8888} or "
                    + "{\"30000\": [8888, \"tcp\", \"host\"]}")
        }
        return EndpointSpecification.Port(
            protocolName: parts.count > 1 ? parts[1] : "tcp", target: target,
            published: publishedPort == 0 ? nil : publishedPort, mode: parts.count > 2 ? parts[2] : nil)
    }
}
