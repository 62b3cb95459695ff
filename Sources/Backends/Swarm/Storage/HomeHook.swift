import MultipleSpawner

/// `home_hook`: what makes a user's home before it is mounted.
struct HomeHook: Sendable, Hashable {
    let directory: HomeDirectory?
    let program: HookProgram?

    /// `nil` where the options have none.
    init?(_ bound: JSONValue?) throws(SpawnError) {
        guard let bound, bound.objectValue?.isEmpty == false else { return nil }
        let options = OptionReader(bound)
        directory = try HomeDirectory(options)
        program = try HookProgram(options)
        guard directory != nil || program != nil else {
            throw SpawnError(.invalidRequest, "'home_hook' has neither 'path' nor 'command'; give one of them")
        }
    }
}
