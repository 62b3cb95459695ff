import MultipleSpawner
import Transport

/// One way from a request to a machine that runs and has an address.
struct LibvirtAcquisition: Sendable {
    let wanted: MachineRequest
    let options: LibvirtMachineOptions
    let settings: LibvirtOptions
    let image: String
    let template: LibvirtTemplate?
    let hostKey: SSHKeyPair?
    let host: LibvirtHost
    let turns: MachineTurns
    let deadline: ContinuousClock.Instant
    let checkpoint: LeaseCheckpoint

    /// What the machine is called.
    var name: String { LibvirtName.machine(options.name, for: wanted) }

    private var memory: Int { options.memory ?? wanted.resources.memory }
    private var cores: Int { options.cores ?? max(1, Int(wanted.resources.cpu.rounded(.up))) }
    private var tags: CloudTags { CloudTags(wanted, installation: wanted.installation) }

    /// - Returns: the address.
    func run() async throws -> String {
        let userData = try userData()
        try await turns.take(wanted.token) {
            let ground = try await host.ask("a look at what there is for '\(name)'", within: remaining) {
                [self] connection in
                try look(connection)
            }
            try await checkpoint(lease(asked: ground.isMade ? nil : CloudLease.now))
            await checkpoint.report(ground.isMade ? "the machine \(name) is there" : "making the machine \(name)")
            try await host.ask("starting the machine '\(name)'", within: remaining) { [self] connection in
                try start(connection, ground, userData)
            }
            if !ground.isMade { try await checkpoint(lease(asked: nil)) }
        }
        return try await address()
    }

    private var remaining: Duration { max(.seconds(10), deadline - .now) }

    private func lease(asked: Int?) throws(SpawnError) -> Lease {
        try Lease(
            LibvirtLease(
                token: wanted.token, uuid: wanted.token.uuid, name: name, uri: host.uri, pool: settings.pool,
                grace: options.grace, asked: asked),
            by: LibvirtProvider.kind)
    }

    /// `nil` where the machine is told nothing.
    private func userData() throws(SpawnError) -> Secret? {
        guard options.hasSeed else { return nil }
        let start = CloudInit(
            account: options.account, authorizedKeys: wanted.authorizedKeys, hostKey: hostKey,
            further: options.cloudInit)
        return try start.text()
    }

    // MARK: What there is

    /// What is known before anything is made.
    private struct Ground: Sendable {
        /// Whether the machine is there already.
        var isMade: Bool
        /// Where the image is on the host.
        var image: String
        var type = LibvirtMachineOptions.Virtualization.qemu
        var architecture = ""
    }

    private func look(_ connection: LibvirtConnection) throws -> Ground {
        let known = try LibvirtDomain.find(wanted.token.uuid, at: connection)
        let isRunning = try known?.state().isActive == true
        if !isRunning { try checkRoom(connection) }
        guard known == nil else { return Ground(isMade: true, image: image) }
        let pool = try LibvirtPool.find(settings.pool, at: connection) ?? makePool(connection)
        let type = options.type ?? (connection.offers(.kvm, options.architecture) ? .kvm : .qemu)
        let architecture = try options.architecture ?? connection.size().architecture
        if image.hasPrefix("/") {
            return Ground(isMade: false, image: image, type: type, architecture: architecture)
        }
        guard let path = try pool.path(of: image) else {
            throw SpawnError(
                .invalidRequest,
                "there is no image '\(image.excerpt)': it is not in 'images' of providers.json, and no volume of the pool "
                    + "'\(settings.pool.excerpt)'")
        }
        return Ground(isMade: false, image: path, type: type, architecture: architecture)
    }

    private func makePool(_ connection: LibvirtConnection) throws -> LibvirtPool {
        guard let directory = settings.poolDirectory else {
            throw SpawnError(
                .invalidRequest,
                "there is no storage pool '\(settings.pool.excerpt)' at \(host.uri.excerpt); name another in 'pool', or say "
                    + "in 'pool_path' where it is to be")
        }
        return try LibvirtPool.make(settings.pool, directory: directory, at: connection)
    }

    private func checkRoom(_ connection: LibvirtConnection) throws {
        let size = try connection.size()
        guard memory <= size.memory else {
            throw SpawnError(
                .invalidRequest,
                "\(MemorySize.text(memory)) are asked for, and \(host.uri.excerpt) has \(MemorySize.text(size.memory)); ask "
                    + "for less")
        }
        guard let free = connection.freeMemory(), free < memory else { return }
        throw SpawnError(
            .overCapacity,
            "\(MemorySize.text(memory)) are asked for, and \(host.uri.excerpt) has \(MemorySize.text(free)) free; try later, "
                + "or ask for less")
    }

    // MARK: Until it runs

    /// May be done again from its beginning, whatever it did before.
    private func start(_ connection: LibvirtConnection, _ ground: Ground, _ userData: Secret?) throws {
        let known = try LibvirtDomain.find(wanted.token.uuid, at: connection)
        guard known != nil || !ground.isMade else {
            throw SpawnError(.unavailable, "the machine '\(name)' went away while it was started; try again")
        }
        let domain = try known ?? make(connection, ground, userData)
        // A sweep must not take it for that of the session before; and a template may have brought its own.
        let element = LibvirtMetadata.node(tags)
        if try domain.metadata().flatMap(LibvirtMetadata.tags).map(LibvirtMetadata.node) != element {
            try domain.setMetadata(try element.text())
        }
        switch try domain.state() {
        case .running, .blocked, .none: break
        case .paused: try domain.resume()
        case .off: try domain.start()
        case .crashed, .suspended, .shuttingDown:
            try domain.cutPower()
            try domain.start()
        }
    }

    /// The disks first: a machine that is defined has all that it needs.
    private func make(
        _ connection: LibvirtConnection, _ ground: Ground, _ userData: Secret?
    ) throws -> LibvirtDomain {
        guard let pool = try LibvirtPool.find(settings.pool, at: connection) else {
            throw SpawnError(.unavailable, "the storage pool '\(settings.pool.excerpt)' went away; try again")
        }
        // What an attempt that was cut off left may be half of it.
        try pool.remove(wanted.token.diskVolume)
        try pool.remove(wanted.token.seedVolume)
        let disks = LibvirtDisks(token: wanted.token, options: options)
        let disk = try pool.make(try disks.own(over: ground.image))
        var seed: LibvirtVolume?
        if let userData {
            let content = SeedImage(
                userData: userData, machine: wanted.token.rawValue, name: name, network: options.networkConfiguration)
            seed = try pool.make(try disks.seed(content))
            try seed?.write(content.bytes)
        }
        let description = LibvirtDescription(
            options: options, type: ground.type, architecture: ground.architecture, token: wanted.token, name: name,
            tags: tags, memory: memory, cores: cores, disk: try disk.path(), seed: try seed?.path())
        let xml = try template.map { template throws(SpawnError) in try template.xml(description) } ?? description.xml()
        let domain = try LibvirtDomain.define(xml, at: connection)
        guard domain.uuid == wanted.token.uuid else {
            try domain.undefine()
            throw SpawnError(
                .invalidRequest, "the machine's template has a uuid of its own; write <uuid>{uuid}</uuid>")
        }
        return domain
    }

    // MARK: Until it has an address

    private func address() async throws -> String {
        if let address = options.address { return address }
        var wait = CloudWait(until: deadline, pace: .libvirt)
        var reason = "no source of addresses tells any"
        await checkpoint.report("the machine \(name) boots and gets its address")
        while true {
            let look = try await host.ask("asking for the address of '\(name)'", within: .seconds(30)) {
                [token = wanted.token, source = options.addressSource] connection in
                try LibvirtLook(at: connection, token, source)
            }
            if let address = look.address { return address }
            guard look.isActive else {
                throw SpawnError(
                    .backendFailed,
                    "the machine '\(name)' switched itself off before it had an address; look at its console with virsh"
                )
            }
            reason = look.reason ?? reason
            guard !wait.isOver else {
                throw SpawnError(
                    .timedOut,
                    "the machine '\(name)' has no address within \(wanted.startTimeout) (\(reason)); give it more time, look "
                        + "at its console with virsh, or set 'static_address'")
            }
            try await wait.rest()
        }
    }
}
