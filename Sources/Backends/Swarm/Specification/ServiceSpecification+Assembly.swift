import MultipleSpawner

extension ServiceSpecification {
    /// Describes the service of a session.
    ///
    /// - Throws: `invalid_request` for what does not fit together; `not_found` for a config or secret that Docker does
    ///   not have.
    init(_ plan: SessionPlan, _ options: SwarmOptions, _ assembly: ServiceAssembly) throws(SpawnError) {
        let labels = ServiceLabels.of(plan)
        let resources = try options.resources(for: plan)
        var environment = try ServiceEnvironment(plan, options, leases: assembly.leases)
        environment.set(resources)
        environment.setCertificates(assembly.certificatePaths)
        if options.token == .secret { environment.moveToken(to: SessionSecrets.tokenPath) }

        var container = options.container
        container.environment = environment.entries
        if let grace = assembly.grace, container.stopGracePeriod == nil {
            container.stopGracePeriod = Int(clamping: grace.components.seconds) * 1_000_000_000
        }
        container.labels = options.container.labels?.merging(labels) { $1 } ?? labels
        container.labels?[ServiceLabels.imageName] = options.imageName
        if options.setsImageNameLabel { container.labels?["ImageName"] = options.imageName }
        container.mounts = Self.mounts(options, assembly, plan)
        container.configs = try Self.files(options.configs, assembly.configIDs, assembly.uploads)
        container.secrets = try Self.files(options.secrets, assembly.secretIDs, assembly.secrets)

        let task = TaskSpecification(
            container: container, resources: resources, restartPolicy: options.restartPolicy,
            placement: options.placement, networks: Self.networks(options, assembly), logDriver: options.logDriver)
        self.init(
            name: assembly.name, labels: options.labels.merging(labels) { $1 }, task: task,
            endpoint: Self.endpoint(options, assembly))
    }

    /// The template's and the hook's; a volume that is made for this says who made it.
    private static func mounts(
        _ options: SwarmOptions, _ assembly: ServiceAssembly, _ plan: SessionPlan
    ) -> [MountSpecification]? {
        var mounts = options.mounts
        for mount in assembly.mounts {
            mounts.removeAll { $0.target == mount.target }
            mounts.append(mount)
        }
        for index in mounts.indices where mounts[index].kind == .volume {
            var volume = mounts[index].volume ?? MountSpecification.Volume()
            let own = ServiceLabels.ofVolume(plan).mapValues { DockerTemplate.literal($0) }
            volume.labels = (volume.labels ?? [:]).merging(own) { $1 }
            mounts[index].volume = volume
        }
        return mounts.isEmpty ? nil : mounts
    }

    /// What the template names, found, and what was made for the session.
    private static func files(
        _ named: [FileReference], _ ids: [String: String], _ made: [FileReference]
    ) throws(SpawnError) -> [FileReference]? {
        var files: [FileReference] = []
        for var file in named {
            file.id = file.id ?? ids[file.name]
            guard file.id != nil else {
                let kind = file.kind.rawValue
                throw SpawnError(
                    .notFound,
                    "the Docker \(kind) '\(file.name.excerpt)' does not exist; make it with `docker \(kind) create`, or "
                        + "name another")
            }
            files.append(file)
        }
        files += made
        return files.isEmpty ? nil : files
    }

    private static func networks(_ options: SwarmOptions, _ assembly: ServiceAssembly) -> [NetworkAttachment]? {
        guard !options.networks.isEmpty else { return nil }
        return options.networks.map { network in
            var network = network
            if let alias = assembly.alias { network.aliases = (network.aliases ?? []) + [alias] }
            return network
        }
    }

    /// What the template publishes, and what the way to connect needs.
    private static func endpoint(_ options: SwarmOptions, _ assembly: ServiceAssembly) -> EndpointSpecification? {
        var endpoint = options.endpoint ?? EndpointSpecification()
        switch assembly.connect {
        case .dnsrr:
            endpoint.mode = "dnsrr"
        case .vip:
            if endpoint.mode == "dnsrr" { endpoint.mode = "vip" }
        case .hostPort:
            var ports = endpoint.ports ?? []
            if !ports.contains(where: { $0.target == options.port && $0.mode == "host" }) {
                ports.append(EndpointSpecification.Port(target: options.port, mode: "host"))
            }
            endpoint.ports = ports
        case .auto, .address, .tasks, .gateway:
            break
        }
        return endpoint == EndpointSpecification() ? nil : endpoint
    }
}
