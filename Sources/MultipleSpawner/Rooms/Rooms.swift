/// What each provider has free, as it said last. Who asks does not wait for one that is slow: it is asked in the
/// background, one question at a time, and what it said before is told meanwhile.
public actor Rooms {
    /// How long things may take.
    public struct Patience: Sendable {
        /// How long who asks waits for those that have not answered yet.
        public var asking: Duration
        /// How long one may take before it counts as silent.
        public var answering: Duration
        /// How long what a silent one said last is told.
        public var remembering: Duration

        public init(
            asking: Duration = .milliseconds(20), answering: Duration = .seconds(10),
            remembering: Duration = .seconds(60)
        ) {
            self.asking = asking
            self.answering = answering
            self.remembering = remembering
        }
    }

    private struct Waiter {
        var names: Set<String>
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct Question {
        let number: Int
        let task: Task<Void, Never>
        let timer: Task<Void, Never>
    }

    private let ask: @Sendable (_ provider: String) async -> Availability
    private let patience: Patience
    private let clock = ContinuousClock()
    private var known: [String: (availability: Availability, at: ContinuousClock.Instant)] = [:]
    private var asking: [String: Question] = [:]
    private var waiting: [Int: Waiter] = [:]
    private var lastNumber = 0

    /// - Parameter ask: asks a provider; it may take as long as it likes.
    public init(
        patience: Patience = Patience(), ask: @escaping @Sendable (_ provider: String) async -> Availability
    ) {
        self.patience = patience
        self.ask = ask
    }

    /// What these providers have free: as they said less than `age` ago, or as soon as they say it, or as they said last.
    public func latest(of names: some Sequence<String>, within age: Duration = .seconds(1)) async -> [String:
        Availability]
    {
        let names = Set(names)
        let now = clock.now
        let old = names.filter { name in known[name].map { now - $0.at >= age } ?? true }
        if !old.isEmpty {
            for name in old { begin(name) }
            await answered(old)
        }
        return Dictionary(uniqueKeysWithValues: names.map { ($0, told(of: $0)) })
    }

    /// The files were read again: a provider of the same name may be another.
    public func forget() {
        known = [:]
    }

    private func told(of name: String) -> Availability {
        guard let said = known[name] else { return .unknown }
        let isSilent = asking[name] != nil && clock.now - said.at > patience.remembering
        return isSilent ? Availability(problem: "it does not answer") : said.availability
    }

    private func begin(_ name: String) {
        guard asking[name] == nil else { return }
        lastNumber += 1
        let number = lastNumber
        let task = Task { [ask] in
            let availability = await ask(name)
            heard(availability, from: name, number)
        }
        let timer = Task { [limit = patience.answering] in
            guard (try? await Task.sleep(for: limit)) != nil else { return }
            silent(name, number)
        }
        asking[name] = Question(number: number, task: task, timer: timer)
    }

    private func heard(_ availability: Availability, from name: String, _ number: Int) {
        guard let question = asking[name], question.number == number else { return }
        asking[name] = nil
        question.timer.cancel()
        // What it said when it was told to stop is no answer.
        if !question.task.isCancelled { known[name] = (availability, clock.now) }
        for (key, waiter) in waiting where waiter.names.contains(name) {
            waiting[key]?.names.remove(name)
            if waiting[key]?.names.isEmpty == true { wake(key) }
        }
    }

    /// It took too long. It is not asked again before it has given up.
    private func silent(_ name: String, _ number: Int) {
        guard let question = asking[name], question.number == number else { return }
        question.task.cancel()
        if known[name] == nil { known[name] = (Availability(problem: "it does not answer"), clock.now) }
    }

    /// Returns when all of them have answered, or the time is over.
    private func answered(_ names: Set<String>) async {
        lastNumber += 1
        let key = lastNumber
        let timer = Task { [limit = patience.asking] in
            guard (try? await Task.sleep(for: limit)) != nil else { return }
            wake(key)
        }
        await withCheckedContinuation { waiting[key] = Waiter(names: names, continuation: $0) }
        timer.cancel()
    }

    private func wake(_ key: Int) {
        waiting.removeValue(forKey: key)?.continuation.resume()
    }
}
