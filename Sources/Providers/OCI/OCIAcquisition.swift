import MultipleSpawner
import Transport

/// One way from a request to a machine that runs.
struct OCIAcquisition: Sendable {
    let provider: OCIProvider
    let client: OCIClient
    let wanted: MachineRequest
    let options: OCIMachineOptions
    let hostKey: SSHKeyPair?
    let deadline: ContinuousClock.Instant
    let checkpoint: LeaseCheckpoint

    /// A machine that runs and has its address.
    struct Ready: Sendable {
        let instance: OCIInstance
        let address: String
        let publicAddress: String?
        let privateAddress: String?
    }

    private var pace: CloudPace { client.link.pace }

    func run() async throws -> Ready {
        let known = try await client.instances(of: wanted.token, until: deadline)
        if let found = known.first(where: \.isLiving) { return try await use(found) }
        // The cloud takes no token again whose machine is gone: the next one is the same in every attempt.
        var count = known.count
        while true {
            if let instance = try await make(retry: count) { return try await ready(instance.id) }
            count += 1
            guard count < known.count + 8 else {
                throw SpawnError(
                    .backendFailed,
                    "the token \(wanted.token.rawValue) was used for machines that are gone; start again")
            }
        }
    }

    private func lease() -> CloudLease {
        CloudLease(
            token: wanted.token, region: client.place.region, endpoint: provider.settings.endpoint,
            compartment: client.compartment)
    }

    private var tags: [String: String] {
        let own = CloudTags(wanted, installation: wanted.installation).pairs(OCIClient.tagSeparator)
        return options.tags.merging(own.map { ($0.key, $0.value) }) { $1 }
    }

    /// A machine of an earlier call, or of an earlier session of its user.
    private func use(_ instance: OCIInstance) async throws -> Ready {
        var lease = lease()
        lease.machine = instance.id
        try await checkpoint(Lease(lease, by: OCIProvider.kind))
        if tags.contains(where: { instance.tags[$0.key] != $0.value }) {
            // A sweep must not take it for that of the session before.
            try await client.tag(instance.id, instance.tags.merging(tags) { $1 }, until: deadline)
        }
        return try await ready(instance.id)
    }

    /// - Parameter retry: how many machines of this token there were before.
    /// - Returns: `nil` where the token of the request stands for one of those.
    private func make(retry: Int) async throws -> OCIInstance? {
        let launch = try await launch()
        var call = OCICall(method: "POST", path: ["instances"])
        call.body = try launch.body()
        call.retryToken = wanted.token.rawValue + (retry > 0 ? "-\(retry)" : "")
        var lease = lease()
        lease.asked = CloudLease.now
        try await checkpoint(Lease(lease, by: OCIProvider.kind))
        await checkpoint.report("asking Oracle's cloud for a \(launch.portion.shape.excerpt)")
        let instance: OCIInstance
        do {
            guard let made = OCIInstance(try await client.call(call, until: deadline)) else {
                throw SpawnError(.backendFailed, "\(call.doing) names no machine in its answer")
            }
            instance = made
        } catch let fault as CloudFault where fault.kind == .tokenUsed {
            guard let found = try await appeared() else { return nil }
            instance = found
        } catch let fault as CloudFault where fault.isRefusal {
            if fault.kind == .notFound { provider.network.forget() }
            // Nothing was made: whoever undoes this need not wait for it to show.
            lease.asked = nil
            try await checkpoint(Lease(lease, by: OCIProvider.kind))
            throw fault
        }
        lease.machine = instance.id
        try await checkpoint(Lease(lease, by: OCIProvider.kind))
        return instance
    }

    private func launch() async throws -> OCILaunch {
        let domain = try await domain()
        let portion = try await provider.shapes.portion(
            holding: wanted.resources, options, in: domain, of: client, until: deadline)
        let image = try await image(for: portion.shape)
        let keys = wanted.authorizedKeys + options.authorizedKeys
        let start = CloudInit(
            account: options.account, authorizedKeys: keys, hostKey: hostKey, further: options.cloudInit)
        let text = try start.text()
        await checkpoint.report("looking for the network")
        let subnet = try await provider.network.subnet(
            options.subnet, provider.settings, of: client, until: deadline)
        return OCILaunch(
            compartment: client.compartment, domain: domain,
            name: (options.displayName ?? "multiplespawner-" + wanted.identity.label).cloudLine, portion: portion,
            image: image, subnet: subnet, options: options, authorizedKeys: keys, tags: tags, userData: text)
    }

    /// The one that is named, or one that is the same for this token in every attempt.
    private func domain() async throws -> String {
        if let domain = options.domain { return domain }
        let all = try await client.domains(until: deadline)
        guard !all.isEmpty else {
            throw SpawnError(
                .backendFailed, "\(client.place.region) shows no availability domain; name one in 'instance'")
        }
        let number = wanted.token.rawValue.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF }
        return all[number % all.count]
    }

    private func image(for shape: String) async throws -> String {
        if let image = options.image { return image }
        guard let system = options.system else {
            throw SpawnError(
                .invalidRequest,
                "no image is named; set 'instance.image', or 'instance.operating_system' and "
                    + "'instance.operating_system_version', in providers.json or in the template")
        }
        var query = [
            (name: "operatingSystem", value: system), ("shape", shape), ("lifecycleState", "AVAILABLE"),
            ("sortBy", "TIMECREATED"), ("sortOrder", "DESC"),
        ]
        if let version = options.systemVersion { query.append(("operatingSystemVersion", version)) }
        let found = try await client.list("images", query, until: deadline)
        guard let id = found.compactMap({ $0["id"]?.filledString }).first else {
            throw SpawnError(
                .invalidRequest,
                "there is no image of '\(system.excerpt)' '\(options.systemVersion?.excerpt ?? "")' for the shape "
                    + "'\(shape.excerpt)' in \(client.place.region); set another system, version or shape")
        }
        return id
    }

    /// The machine that the token of the request stands for, once the cloud shows it.
    private func appeared() async throws -> OCIInstance? {
        // Longer than for a machine that may not be: this one was made.
        var wait = CloudWait(until: min(deadline, .now + pace.settling * 3), pace: pace)
        while true {
            let found = try await client.instances(of: wanted.token, until: deadline)
            if let living = found.first(where: \.isLiving) { return living }
            guard !wait.isOver else { return nil }
            try await wait.rest()
        }
    }
}
