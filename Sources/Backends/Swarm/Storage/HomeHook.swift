import MultipleSpawner

/// `home_hook`: what makes a user's home before it is mounted.
struct HomeHook: Sendable, Hashable {
    let directory: HomeDirectory?
    let program: HookProgram?

    /// `nil` where the options have none.
    init?(_ bound: JSONValue?, isOpen: Bool = false) throws(SpawnError) {
        guard let bound, bound.objectValue?.isEmpty == false else { return nil }
        let options = OptionReader(bound, isOpen: isOpen)
        directory = try HomeDirectory(options)
        program = try HookProgram(options)
        guard directory != nil || program != nil else {
            throw SpawnError(.invalidRequest, "'home_hook' has neither 'path' nor 'command'; give one of them")
        }
    }

    /// Does what the hook says, the directory first, and returns the mounts that its program asks for.
    func prepare(_ plan: SessionPlan, _ options: SwarmOptions) async throws -> [MountSpecification] {
        try await directory?.make(for: plan.identity.user)
        return try await program?.run(for: plan, options) ?? []
    }
}
