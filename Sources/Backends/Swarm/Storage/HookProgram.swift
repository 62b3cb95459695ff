import MultipleSpawner

/// A program of the daemon's machine that makes what a session mounts: JSON in, mounts as JSON out.
struct HookProgram: Sendable, Hashable {
    /// The program, by its whole path, and its arguments.
    let command: [String]
    /// Further values for the program, which may be private: they travel in the JSON alone.
    let data: [String: String]
    let timeout: Duration

    /// `nil` where the hook has no `command`.
    init?(_ options: OptionReader) throws(SpawnError) {
        guard let command = options.list("command") else { return nil }
        try ContainerPath.check(command[0], calling: "the program of the home hook's 'command'")
        self.command = command
        data = options.texts("data") ?? [:]
        timeout = .milliseconds(Int64((options["timeout"]?.doubleValue ?? 30) * 1000))
    }

    /// What the program reads.
    func question(_ plan: SessionPlan, _ options: SwarmOptions) -> JSONValue {
        [
            "version": 1, "session": .string(plan.id.rawValue), "hub": .string(plan.identity.hub),
            "user": .string(plan.identity.user), "server": .string(plan.identity.server),
            "service_owner": .string(options.owner), "template": .string(plan.template),
            "image": .string(options.image), "image_name": .string(options.imageName),
            "data": .object(data.mapValues { .string($0) }),
        ]
    }

    /// The mounts that the program asks for: `{"mounts": […]}`, or nothing.
    ///
    /// - Throws: `backend_failed` for an answer that cannot be read. No value of it is shown.
    func mounts(in answer: String) throws(SpawnError) -> [MountSpecification] {
        guard answer.utf8.contains(where: { $0 > UInt8(ascii: " ") }) else { return [] }
        do {
            let bound = try Self.answer.bind(JSONSource(file: "the home hook's answer", text: answer))
            return try OptionReader(bound).mounts()
        } catch {
            throw SpawnError(
                .backendFailed, "the home hook '\(command[0].excerpt)' answered what is no list of mounts", cause: error
            )
        }
    }

    private static let answer = ObjectShape([
        Field("mounts", .list(SwarmShape.mount), "What the session mounts beside what its template says.")
    ])
}
