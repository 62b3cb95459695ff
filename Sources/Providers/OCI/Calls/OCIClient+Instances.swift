import MultipleSpawner

extension OCIClient {
    /// Stands between our name and the name of a tag, where a dot is not allowed.
    static let tagSeparator = "-"

    /// The machines of the compartment, the oldest first. What was given back stays among them for some hours.
    func instances(
        until deadline: ContinuousClock.Instant, where isWanted: (OCIInstance) -> Bool
    ) async throws -> [OCIInstance] {
        try await list("instances", until: deadline).compactMap { OCIInstance($0) }.filter(isWanted)
            .sorted { ($0.created, $0.id) < ($1.created, $1.id) }
    }

    func instances(of token: MachineToken, until deadline: ContinuousClock.Instant) async throws -> [OCIInstance] {
        let key = CloudTags.key("token", Self.tagSeparator)
        return try await instances(until: deadline) { $0.tags[key] == token.rawValue }
    }

    /// What a lease is about: by the machine's name, and by the token.
    func instances(of lease: CloudLease, until deadline: ContinuousClock.Instant) async throws -> [OCIInstance] {
        let key = CloudTags.key("token", Self.tagSeparator)
        return try await instances(until: deadline) { instance in
            instance.id == lease.machine || lease.token.map { instance.tags[key] == $0.rawValue } == true
        }
    }

    /// `nil` where there is no such machine, or it is not shown yet.
    func instance(_ id: String, until deadline: ContinuousClock.Instant) async throws -> OCIInstance? {
        do {
            return OCIInstance(try await call(OCICall(path: ["instances", id]), until: deadline))
        } catch let fault as CloudFault where fault.kind == .notFound {
            return nil
        }
    }

    /// START, SOFTSTOP
    func action(_ name: String, _ id: String, until deadline: ContinuousClock.Instant) async throws {
        var call = OCICall(method: "POST", path: ["instances", id])
        call.query = [("action", name)]
        try await self.call(call, until: deadline)
    }

    func terminate(_ id: String, until deadline: ContinuousClock.Instant) async throws {
        var call = OCICall(method: "DELETE", path: ["instances", id])
        call.query = [("preserveBootVolume", "false")]
        try await self.call(call, until: deadline)
    }

    func tag(_ id: String, _ tags: [String: String], until deadline: ContinuousClock.Instant) async throws {
        var call = OCICall(method: "PUT", path: ["instances", id])
        call.body = ["freeformTags": .object(tags.mapValues { .string($0) })]
        try await self.call(call, until: deadline)
    }

    /// The addresses of the machine's first network card; `nil` while it has none.
    func addresses(
        of id: String, until deadline: ContinuousClock.Instant
    ) async throws -> (publicAddress: String?, privateAddress: String?)? {
        let attached = try await list("vnicAttachments", [("instanceId", id)], until: deadline)
        for attachment in attached where attachment["lifecycleState"]?.stringValue == "ATTACHED" {
            guard let card = attachment["vnicId"]?.filledString else { continue }
            let value: JSONValue
            do {
                value = try await call(OCICall(path: ["vnics", card]), until: deadline)
            } catch let fault as CloudFault where fault.kind == .notFound {
                continue
            }
            guard value["isPrimary"]?.boolValue != false else { continue }
            return (value["publicIp"]?.filledString, value["privateIp"]?.filledString)
        }
        return nil
    }

    /// The availability domains of the region, in their order.
    func domains(until deadline: ContinuousClock.Instant) async throws -> [String] {
        try await list("availabilityDomains", service: .identity, until: deadline).compactMap {
            $0["name"]?.filledString
        }
        .sorted()
    }
}
