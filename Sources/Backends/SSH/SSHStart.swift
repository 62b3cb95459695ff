import MultipleSpawner
import Transport

/// A start failed, and what it may have left cannot be removed now: its handle must not be replaced by another one.
struct Stranded: Error {
    let error: SpawnError
}

/// One start on one machine, from top to bottom: a way in, the ways between server and hub, the server.
struct SSHStart: Sendable {
    let plan: SessionPlan
    let options: SSHOptions
    let checkpoint: Checkpoint
    let backend: SSHBackend

    private var machines: SSHMachines { backend.machines }

    /// - Throws: after a failure nothing is left on the machine, or the last handle that was checkpointed names it.
    func run(on host: SSHHost) async throws -> Endpoint {
        let place = try options.place(
            on: host, for: plan.identity, credentials: plan.credentials, backend.account)
        machines.places.note(place, base: options.base, password: plan.credentials?.password)
        await checkpoint.report("Connecting to \(place)")
        let link = try await machines.link(to: place)
        var handle = SSHHandle(
            session: plan.id, attempt: "\(plan.id.rawValue)-\(String(UInt64.random(in: 0 ... .max), radix: 36))",
            place: place, base: options.base, address: address, stopGrace: options.stopGrace)
        handle.port = options.serverPort ?? plan.settings.port.flatMap { $0 == 0 ? nil : $0 }
        if let command = options.portCommand { try await ask(command, over: link, host, &handle) }
        handle.isTLS = (plan.environment["JUPYTERHUB_SERVICE_URL"]?.reveal() ?? "").hasPrefix("https:")
        do {
            handle.hub = try await wayToHub(place)
            // Nothing of it exists yet; from here on it may, and this finds it.
            try await checkpoint(Handle(handle, backend: SSHBackend.kind))
        } catch {
            await backend.tunnels.close(plan.id)
            throw error
        }
        return try await launch(handle, on: host)
    }

    private var address: String {
        switch options.address ?? plan.settings.address ?? "" {
        case "", "localhost": options.connect == .tunnel ? "127.0.0.1" : "0.0.0.0"
        case "*": "0.0.0.0"
        case let address: address
        }
    }

    private func ask(
        _ command: String, over link: any SSHLink, _ host: SSHHost, _ handle: inout SSHHandle
    ) async throws {
        var lines = ["export PATH"]
        if let path = host.path ?? options.path { lines.insert("PATH=\(ShellQuote.quoted(path))", at: 0) }
        let answer = try await link.run(
            RemoteCommand(script: (lines + ["{ \(command)", "} </dev/null"]).joined(separator: "\n") + "\n"))
        guard answer.status == 0 else {
            let said = String(decoding: answer.errors.suffix(500), as: UTF8.self)
            throw SpawnError(
                .backendFailed, "'remote_port_command' failed at \(handle.place) (status \(answer.status ?? -1))",
                details: [said.excerpt])
        }
        let found = try PortAnswer(answer.text)
        handle.port = found.port
        if options.connect == .direct, options.directAddress == nil { handle.directHost = found.address }
    }

    private func wayToHub(_ place: SSHPlace) async throws -> SSHHandle.HubTunnel? {
        guard options.hub.isForwarded, let url = plan.environment["JUPYTERHUB_API_URL"]?.reveal(), !url.isEmpty else {
            return nil
        }
        let end = try options.hub.end(of: url)
        await checkpoint.report("Opening the way from \(place.host.excerpt) to the hub")
        let port = try await backend.tunnels.openHub(for: plan.id, to: end, at: place, wanted: options.hub.port)
        return SSHHandle.HubTunnel(port: port, end: end)
    }

    private func launch(_ planned: SSHHandle, on host: SSHHost) async throws -> Endpoint {
        var handle = planned
        do {
            await checkpoint.report("Starting the server at \(handle.place)")
            try await started(&handle, try program(handle, on: host))
            if options.connect == .tunnel, let port = handle.port {
                handle.localPort = try backend.tunnels.open(
                    for: plan.id, to: handle.address, port: port, at: handle.place, wanted: nil)
            } else if handle.directHost == nil {
                handle.directHost = options.directAddress
            }
            // What was started is found by the first one, too.
            try await checkpoint.refined(Handle(handle, backend: SSHBackend.kind))
        } catch {
            // As far as it is known here: what is there is ended, if it can be reached.
            let failure = SpawnError(wrapping: error, "the start of \(plan.identity.label.excerpt) failed")
            guard await isEnded(handle) else { throw Stranded(error: failure) }
            try Task.checkCancellation()
            throw failure
        }
        guard let endpoint = handle.endpoint else {
            throw SpawnError(.internal, "a server was started at no port")
        }
        return endpoint
    }

    /// Ends what a failed start has there.
    ///
    /// A task that is cancelled does not wait: its user is told at once, and the handle that is written down is undone for
    /// as long as it takes.
    private func isEnded(_ handle: SSHHandle) async -> Bool {
        let (results, result) = AsyncStream<Bool>.makeStream()
        Task {
            do {
                try await backend.end(handle, grace: .zero)
                result.yield(true)
            } catch {}
            result.finish()
        }
        for await isEnded in results { return isEnded }
        return false
    }

    private func program(_ handle: SSHHandle, on host: SSHHost) throws -> StartProgram {
        let environment = try SSHEnvironment(plan, options, address: handle.address, hubPort: handle.hub?.port)
        var command = host.command ?? options.command ?? plan.command
        if command.isEmpty { command = [LocalCommand.fallback] }
        command += options.arguments
        guard !command.contains(where: { $0.utf8.contains(0) }) else {
            throw SpawnError(.invalidRequest, "the command holds a NUL byte; remove it")
        }
        let port = handle.port ?? machines.places.choosePort(for: plan.id)
        let certificates = plan.certificates.map {
            [
                ("JUPYTERHUB_SSL_KEYFILE", $0.key), ("JUPYTERHUB_SSL_CERTFILE", $0.certificate),
                ("JUPYTERHUB_SSL_CLIENT_CA", $0.authorities),
            ]
        }
        return StartProgram(
            handle: handle, session: plan.id,
            labels: [
                ("hub", plan.identity.hub), ("user", plan.identity.user), ("server", plan.identity.server),
                ("installation", backend.installation), ("attempt", handle.attempt),
                ("tls", handle.isTLS ? "yes" : "no"), ("address", handle.address), ("port", "\(port)"),
                ("host", "\(handle.place.host):\(handle.place.port)"),
            ],
            environment: environment.exports, command: command, url: environment.url,
            port: port, isPortGiven: handle.port != nil, certificates: certificates ?? [],
            server: StartProgram.ServerSurroundings(
                path: host.path ?? options.path,
                directory: options.notebookDirectory ?? plan.settings.notebookDirectory,
                condaEnvironment: host.condaEnvironment ?? options.condaEnvironment,
                preStart: host.preStart ?? options.preStart, memory: options.memoryLimit(over: plan),
                cpu: options.cpuLimit(over: plan), limits: options.limits))
    }

    private func started(_ handle: inout SSHHandle, _ program: StartProgram) async throws {
        let text = program.text()
        let place = handle.place
        let answer = try await machines.run(text, at: place, limit: .seconds(60))
        if let words = answer["started"], words.count == 3, let pid = Int(words[0]), pid > 1,
            let startTime = UInt64(words[1])
        {
            handle.pid = pid
            handle.startTime = startTime
            handle.bootID = String(words[2])
            handle.port = program.port
            if answer["own"] != nil { machines.places.noteListening(handle.attempt) }
            return
        }
        if answer["taken"] != nil {
            throw SpawnError(
                .unavailable, "port \(program.port) of \(place) is in use; stop what uses it, or set 'port' to 0")
        }
        if answer["busy"] != nil {
            throw SpawnError(.conflict, "this session is being started at \(place) already")
        }
        if answer["over"] != nil { throw SpawnError(.unavailable, "the start at \(place) was undone meanwhile") }
        throw answer.failure("starting the server")
    }
}
