/// How it stands with a job that removes volumes.
enum VolumeJobVerdict: Sendable, Hashable {
    /// Nothing is left to be done there.
    case finished
    /// It will be tried again; why it did not succeed so far.
    case failed(String)
    /// It has not run yet, or runs.
    case waiting

    /// - Parameters:
    ///   - tasks: all of the job, in any order. The newest decides.
    ///   - isGuess: whether the session may never have been on that node.
    init(_ tasks: [SwarmTask], isGuess: Bool) {
        let newestFirst = tasks.sorted { $0.isNewer(than: $1) }
        guard let newest = newestFirst.first else {
            self = .waiting
            return
        }
        if newest.state == .complete {
            self = .finished
            return
        }
        // One that waits for its turn after a failure is made at once, and told to be no more than ready.
        guard newest.state.isFinal || newest.desired == .ready,
            let failure = newestFirst.first(where: \.state.isFinal)
        else {
            self = .waiting
            return
        }
        let problem = failure.problem ?? "it ended as '\(failure.state.rawValue)'"
        // Where the image is not, no container of the session was.
        self = isGuess && problem.hasPrefix("No such image") ? .finished : .failed(problem)
    }
}
