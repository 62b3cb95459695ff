public import MultipleSpawner
import Transport

extension ExecBackend {
    /// Starts a server. The session's own name is written down before the program runs: what it makes before its first
    /// checkpoint is ended by that name.
    public func start(_ plan: SessionPlan, checkpoint: Checkpoint) async throws -> Endpoint {
        let options = ExecOptions(plan.options)
        guard places.contains(options.place) else {
            throw SpawnError(
                .invalidRequest,
                "a placeholder is filled in at 'command' or 'data' of the template '\(plan.template.excerpt)', which are the same "
                    + "for all its servers; hand the value over in 'options'")
        }
        let program = try program(of: options.place)
        try Task.checkCancellation()
        var exec = ExecHandle(session: plan.id, place: options.place)
        try await checkpoint(Handle(exec, backend: Self.kind))
        let begun = exec
        let answer = try await program.ask(
            "start", fields(of: options.place, question(plan, options)), secrets: secrets(of: plan),
            limit: max(plan.startTimeout, .seconds(1)),
            checkpoint: { value in
                var exec = begun
                exec.answer = value
                try await checkpoint(Handle(exec, backend: Self.kind))
            },
            report: { await checkpoint.report($0) })
        // The last handle is the one that is polled: it says that the start came to an end.
        exec.answer = answer["handle"]
        exec.hasStarted = true
        try await checkpoint(Handle(exec, backend: Self.kind))
        guard let host = answer["host"]?.stringValue, PluginProtocol.isHost(host),
            let port = answer["port"]?.integerValue
        else {
            throw SpawnError(.backendFailed, "\(program.name) answered to 'start' with a 'host' that is none")
        }
        let scheme = answer["scheme"]?.stringValue.flatMap(Endpoint.Scheme.init)
        return Endpoint(scheme: scheme ?? Self.scheme(of: plan), host: host, port: port)
    }

    /// Whether the server takes connections from here, and still runs as the program sees it.
    ///
    /// The program is asked once a second, for the port's own answer costs much less.
    public func isAnswering(_ handle: Handle, at endpoint: Endpoint) async throws -> Bool {
        let until = ContinuousClock.now + .seconds(1)
        var isOpen = await endpoint.accepts()
        while !isOpen, .now < until {
            try await Task.sleep(for: .milliseconds(50))
            isOpen = await endpoint.accepts()
        }
        switch await poll([handle]).first?.state {
        case .running: return isOpen
        case .exited(let status):
            let how = status.map { $0 < 0 ? "was ended by signal \(-$0)" : "ended with exit status \($0)" } ?? "ended"
            throw SpawnError(.backendFailed, "the server \(how) before it answered; see the end of its log")
        case .lost(let reason): throw SpawnError(.backendFailed, reason)
        // Unknown is not dead: the time of the start is what bounds it.
        case .unreachable, nil: return false
        }
    }

    private func question(_ plan: SessionPlan, _ options: ExecOptions) -> [String: JSONValue] {
        var environment = plan.environment.mapValues { $0.reveal() }
        environment.merge(options.environment) { _, template in template }
        let command = (options.command ?? plan.command) + options.arguments
        var limits: [String: JSONValue] = [:]
        limits["memory"] = (plan.limits.memory ?? plan.settings.memoryLimit).map { .integer($0) }
        limits["cpu"] = (plan.limits.cpu ?? plan.settings.cpuLimit).map { .number($0) }
        var fields: [String: JSONValue] = [
            "template": .string(plan.template), "options": options.options,
            "resources": PluginProtocol.resources(plan.resources),
            "limits": .object(limits), "environment": .object(environment.mapValues { .string($0) }),
            "command": .array(command.map { .string($0) }), "start_timeout": PluginProtocol.seconds(plan.startTimeout),
        ]
        fields.merge(PluginProtocol.owner(plan.id, plan.identity)) { _, own in own }
        fields["image"] = options.image.map { .string($0) }
        fields["lifetime_minutes"] = plan.lifetime.minutes.map { .integer($0) }
        fields["notebook_dir"] = (options.notebookDirectory ?? plan.settings.notebookDirectory).map { .string($0) }
        fields["address"] = (options.address ?? plan.settings.address).flatMap { $0.isEmpty ? nil : .string($0) }
        fields["port"] = (options.port ?? plan.settings.port).flatMap { (1...65535).contains($0) ? .integer($0) : nil }
        fields["credentials"] = plan.credentials.map { .object(PluginProtocol.wayIn($0)) }
        fields["certificates"] = plan.certificates.map { certificates in
            [
                "key": .string(certificates.key.reveal()), "certificate": .string(certificates.certificate.reveal()),
                "authorities": .string(certificates.authorities.reveal()),
            ]
        }
        return fields
    }

    private func secrets(of plan: SessionPlan) -> [Secret] {
        Array(plan.environment.values) + [plan.credentials?.password, plan.certificates?.key].compactMap(\.self)
    }

    private static func scheme(of plan: SessionPlan) -> Endpoint.Scheme {
        let url = plan.environment["JUPYTERHUB_SERVICE_URL"]?.reveal() ?? ""
        return plan.certificates != nil || url.hasPrefix("https:") ? .https : .http
    }
}
