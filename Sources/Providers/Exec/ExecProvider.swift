public import MultipleSpawner
import Synchronization
import Transport

/// Machines that a program gives and takes back: any cloud, or any list of hosts, for which somebody writes one.
///
/// `PluginProtocol` has what it is asked, and what it answers.
public final class ExecProvider: Provider {
    public static let kind: ProviderKind = "exec"
    public static let options = ObjectShape(PluginProgram.fields)
    public static let machineOptions = ObjectShape([
        Field("data", .map(.anything), "Values for the program, with the request for a machine."),
        Field("image", .string, "The image of the machine, where the program knows images."),
    ])

    let name: String
    let program: PluginProgram
    let installation: String
    let data: JSONValue
    /// How long what was said to be free is believed.
    private let patience: Duration
    /// What the journal has: a program that is asked for a machine again is told what it said of it.
    private let known = Mutex<[MachineToken: ExecLease]>([:])
    private let lastLook = Mutex<(at: ContinuousClock.Instant, look: Task<Availability, Never>)?>(nil)

    /// - Parameter patience: how long what was said to be free is believed: the form asks often.
    /// - Throws: `invalid_request` for a program that is not named by its whole path.
    public init(_ site: ProviderSite, believing patience: Duration = .seconds(5)) throws(SpawnError) {
        self.patience = patience
        name = site.name
        installation = site.installation
        data = site.options["data"] ?? [:]
        let command = site.options["command"]
        program = try PluginProgram(
            .provider,
            command: command?.stringValue.map { [$0] } ?? command?.arrayValue?.compactMap(\.stringValue) ?? [],
            timeout: site.options["timeout"]?.doubleValue)
    }

    public func resume(_ leases: [Lease]) async {
        let leases = leases.compactMap { try? $0.decode(ExecLease.self) }
        known.withLock { known in
            for lease in leases { known[lease.token] = lease }
        }
    }

    /// The token is written down before the program runs: what it makes before its first checkpoint is given back by it.
    public func acquire(_ wanted: MachineRequest, checkpoint: LeaseCheckpoint) async throws -> Machine {
        let lease = known.withLock { $0[wanted.token] } ?? ExecLease(token: wanted.token)
        try await save(lease, checkpoint)
        var question: [String: JSONValue] = [
            "provider": .string(name), "resources": PluginProtocol.resources(wanted.resources),
            "options": wanted.options["data"] ?? [:],
            "authorized_keys": .array(wanted.authorizedKeys.map { .string($0) }),
            "start_timeout": PluginProtocol.seconds(wanted.startTimeout),
        ]
        question["image"] = wanted.options["image"]
        question.merge(PluginProtocol.owner(wanted.session, wanted.identity)) { _, own in own }
        question.merge(fields(of: lease)) { _, own in own }
        let answer = try await program.ask(
            "acquire", question, limit: max(wanted.startTimeout, .seconds(1)),
            checkpoint: { try await self.save(ExecLease(token: wanted.token, answer: $0), checkpoint) },
            report: { await checkpoint.report($0) })
        if let kept = answer["lease"], kept != known.withLock({ $0[wanted.token]?.answer }) {
            try await save(ExecLease(token: wanted.token, answer: kept), checkpoint)
        }
        return try machine(answer)
    }

    public func release(_ lease: Lease, _ manner: MachineEnd) async throws {
        guard manner != .keep else { return }
        let lease: ExecLease = try lease.decode()
        var question = fields(of: lease)
        question["manner"] = .string(manner.rawValue)
        _ = try await program.ask("release", question)
        if manner == .destroy { known.withLock { $0[lease.token] = nil } }
    }

    /// What the program says, which is believed for some seconds.
    public func availability() async -> Availability {
        let now = ContinuousClock.now
        let look = lastLook.withLock { last in
            if let last, now - last.at < patience { return last.look }
            let look = Task { await self.look() }
            last = (now, look)
            return look
        }
        return await look.value
    }

    public func census() async throws -> [OwnedMachine] {
        let answer = try await program.ask("census", fields())
        return try (answer["machines"]?.arrayValue ?? []).map { found throws(SpawnError) in
            let text = found["token"]?.stringValue ?? ""
            guard let token = MachineToken(rawValue: text) else {
                throw SpawnError(
                    .backendFailed,
                    "\(program.name) answered to 'census' with '\(text.excerpt)', which is no token of ours")
            }
            return OwnedMachine(
                token: token, session: found["session"]?.stringValue.flatMap(SessionID.init(rawValue:)),
                user: found["user"]?.stringValue,
                lease: try Lease(ExecLease(token: token, answer: found["lease"]), by: Self.kind),
                description: ProgramWords.line(found["description"]?.stringValue ?? ""))
        }
    }

    public func examine() async -> [Finding] {
        await program.examine(fields())
    }

    // MARK: What is said

    private func save(_ lease: ExecLease, _ checkpoint: LeaseCheckpoint) async throws {
        try await checkpoint(Lease(lease, by: Self.kind))
        known.withLock { $0[lease.token] = lease }
    }

    private func fields() -> [String: JSONValue] {
        ["installation": .string(installation), "data": data]
    }

    private func fields(of lease: ExecLease) -> [String: JSONValue] {
        fields().merging(["token": .string(lease.token.rawValue), "lease": lease.answer ?? nil]) { own, _ in own }
    }

    private func look() async -> Availability {
        do {
            let answer = try await program.ask("availability", fields())
            let problem = answer["problem"]?.stringValue.map { ProgramWords.line($0) }
            return Availability(
                sessions: answer["sessions"]?.integerValue, memory: answer["memory"]?.integerValue,
                cpu: answer["cpu"]?.doubleValue, gpu: answer["gpu"]?.integerValue,
                problem: problem.flatMap { $0.isEmpty ? nil : $0 })
        } catch let error as SpawnError where error.code == .unsupported {
            return .unknown
        } catch {
            return Availability(problem: SpawnError(wrapping: error, "\(program.name) cannot be asked").message)
        }
    }

    private func machine(_ answer: JSONValue) throws(SpawnError) -> Machine {
        guard let host = answer["host"]?.stringValue, PluginProtocol.isHost(host) else {
            throw SpawnError(.backendFailed, "\(program.name) answered to 'acquire' with a 'host' that is none")
        }
        let details = answer["details"]?.objectValue?.compactMapValues(\.stringValue) ?? [:]
        if let strange = details.keys.sorted().first(where: { !$0.hasPrefix("machine_") }) {
            throw SpawnError(
                .backendFailed,
                "\(program.name) answered to 'acquire' with '\(strange.excerpt)' in 'details'; their names begin with 'machine_'"
            )
        }
        let keys = answer["host_keys"]
        return Machine(
            address: MachineAddress(host: host, port: answer["port"]?.integerValue ?? 22),
            name: answer["name"]?.stringValue.map { ProgramWords.line($0, most: 80) } ?? host,
            account: answer["account"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 },
            hostKeys: keys?.stringValue.map { [$0] } ?? keys?.arrayValue?.compactMap(\.stringValue) ?? [],
            details: details)
    }
}
