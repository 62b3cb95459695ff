import Crypto
import MultipleSpawner

/// One look for a subnet, from the network down.
struct OCINetworkMaking: Sendable {
    let options: OCIOptions
    let client: OCIClient
    let deadline: ContinuousClock.Instant

    private var network: OCINetworkOptions { options.network }

    func subnet(_ part: OCINetworkOptions.Part) async throws -> String {
        let name = part.name ?? OCINetworkOptions.subnetName
        let vcn = try await vcn()
        if let found = try await find("subnets", name, in: vcn) { return found }
        try mayMake("subnet", name)
        let routes = try await routes(of: vcn)
        var body: [String: JSONValue] = [
            "vcnId": .string(vcn), "cidrBlock": .string(part.block ?? "10.0.1.0/24"), "routeTableId": .string(routes),
        ]
        body["dnsLabel"] = part.label.map { .string($0) }
        return try await make("subnets", name, body, in: vcn)
    }

    private func vcn() async throws -> String {
        if let id = network.network.id { return id }
        let name = network.network.name ?? OCINetworkOptions.networkName
        if let found = try await find("vcns", name, in: nil) { return found }
        try mayMake("network", name)
        var body: [String: JSONValue] = ["cidrBlock": .string(network.network.block ?? "10.0.0.0/16")]
        body["dnsLabel"] = network.network.label.map { .string($0) }
        return try await make("vcns", name, body, in: nil)
    }

    private func routes(of vcn: String) async throws -> String {
        if let found = try await find("routeTables", network.routesName, in: vcn) { return found }
        var rules: [JSONValue] = []
        if network.hasGateway {
            let gateway = try await gateway(of: vcn)
            rules = network.routes.map { route in
                [
                    "destination": .string(route.destination), "destinationType": .string(route.type),
                    "networkEntityId": .string(gateway),
                ]
            }
        }
        let body: [String: JSONValue] = ["vcnId": .string(vcn), "routeRules": .array(rules)]
        return try await make("routeTables", network.routesName, body, in: vcn)
    }

    /// A network has one at most: any that is there is it.
    private func gateway(of vcn: String) async throws -> String {
        if let found = try await find("internetGateways", nil, in: vcn) { return found }
        let body: [String: JSONValue] = ["vcnId": .string(vcn), "isEnabled": true]
        return try await make("internetGateways", network.gatewayName, body, in: vcn, isOnly: true)
    }

    // MARK: Finding and making

    private func mayMake(_ what: String, _ name: String) throws(SpawnError) {
        guard !options.makesNetwork else { return }
        throw SpawnError(
            .invalidRequest,
            "there is no \(what) '\(name.excerpt)' in \(client.place.region), and 'make_network' is off; make it, or name "
                + "another")
    }

    /// The oldest that is there, or is about to be.
    private func find(_ list: String, _ name: String?, in vcn: String?) async throws -> String? {
        var query: [(name: String, value: String)] = []
        if let vcn { query.append(("vcnId", vcn)) }
        if let name { query.append(("displayName", name)) }
        let living = try await client.list(list, query, until: deadline).filter { value in
            ["AVAILABLE", "PROVISIONING"].contains(value["lifecycleState"]?.stringValue)
                && (name == nil || value["displayName"]?.stringValue == name)
        }
        let oldest = living.min { Self.age($0) < Self.age($1) }
        guard let id = oldest?["id"]?.filledString else { return nil }
        return try await available(list, id)
    }

    private static func age(_ value: JSONValue) -> String { value["timeCreated"]?.stringValue ?? "" }

    private func make(
        _ list: String, _ name: String, _ members: [String: JSONValue], in vcn: String?, isOnly: Bool = false
    ) async throws -> String {
        var body = members
        body["compartmentId"] = .string(client.compartment)
        body["displayName"] = .string(name)
        body["freeformTags"] = ["multiplespawner-network": "shared"]
        var call = OCICall(method: "POST", path: [list])
        call.body = .object(body)
        let parts = [client.compartment, vcn ?? "", list, name].joined(separator: "\n")
        call.retryToken = "ms-" + Array(SHA256.hash(data: Array(parts.utf8))).prefix(20).hexadecimal
        let made: JSONValue
        do {
            made = try await client.call(call, until: deadline)
        } catch let fault as CloudFault where fault.kind == .tokenUsed || fault.kind == .wrongState {
            // Another daemon was quicker; or it was made and removed within a day, and the token stands for what is gone.
            if let found = try await find(list, isOnly ? nil : name, in: vcn) { return found }
            guard fault.kind == .tokenUsed else { throw fault }
            call.retryToken = MachineToken().rawValue
            made = try await client.call(call, until: deadline)
        }
        guard let id = made["id"]?.filledString else {
            throw SpawnError(.backendFailed, "\(call.doing) names nothing in its answer")
        }
        return try await available(list, id)
    }

    /// Waits until it may be used.
    private func available(_ list: String, _ id: String) async throws -> String {
        var wait = CloudWait(until: deadline, pace: client.link.pace)
        while true {
            let value = try await client.call(OCICall(path: [list, id]), until: deadline)
            switch value["lifecycleState"]?.stringValue {
            case "AVAILABLE": return id
            case "PROVISIONING", "UPDATING", nil: break
            case .some(let state):
                throw SpawnError(.unavailable, "'\(id.excerpt)' of \(list) is \(state.excerpt); try again later")
            }
            guard !wait.isOver else {
                throw SpawnError(.timedOut, "'\(id.excerpt)' of \(list) does not become available; try again later")
            }
            try await wait.rest()
        }
    }
}
