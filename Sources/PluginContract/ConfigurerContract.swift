public import MultipleSpawner

/// The promises of a configurer, as checks that any configurer can be held to.
public struct ConfigurerContract: Sendable {
    public enum Promise: String, Sendable, Hashable, CaseIterable {
        case apply, again, cleanup
        case refusedCheckpoint = "refused-checkpoint"

        /// The promise in one sentence.
        public var meaning: String {
            switch self {
            case .apply: "it prepares the machine, and a trace names its configurer"
            case .again: "applied twice it is well"
            case .cleanup: "any trace that was ever handed over undoes it, twice"
            case .refusedCheckpoint: "what cannot be written down is not done"
            }
        }
    }

    public let configurer: any Configurer
    let makePreparation: @Sendable (SessionID) throws -> Preparation

    /// - Parameter makePreparation: Wishes that can be met, for this session.
    public init(
        _ configurer: any Configurer, makePreparation: @escaping @Sendable (SessionID) throws -> Preparation
    ) {
        self.configurer = configurer
        self.makePreparation = makePreparation
    }

    /// Every promise, one after another.
    public func check() async -> [Finding] {
        var findings: [Finding] = []
        for promise in Promise.allCases { findings.append(await check(promise)) }
        return findings
    }

    /// One promise: `ok`, `failed` with what was seen, or `warning` where it could not be checked.
    public func check(_ promise: Promise) async -> Finding {
        await Finding.of("\(configurer.kind.rawValue): \(promise.rawValue)", promise.meaning) {
            let wanted = try makePreparation(try SessionID("contract-\(UInt64.random(in: 0 ... .max))"))
            let saved = Saved<any Configurer>(refusesAt: promise == .refusedCheckpoint ? 1 : nil)
            switch promise {
            case .apply:
                try await apply(wanted, saved)
                guard saved.all.allSatisfy({ $0.kind == configurer.kind && $0.version >= 1 }) else {
                    throw Violation("a trace names another configurer")
                }
                try await cleanup(saved, wanted)
            case .again:
                for _ in 1...2 { try await apply(wanted, saved) }
                try await cleanup(saved, wanted)
            case .cleanup:
                try await apply(wanted, saved)
                guard !saved.all.isEmpty else { throw NotChecked("nothing is to be undone") }
                for _ in 1...2 { try await cleanup(saved, wanted) }
            case .refusedCheckpoint:
                do {
                    try await apply(wanted, saved)
                } catch let error as SpawnError where error.message == "the journal is full" {
                    return
                }
                throw saved.all.isEmpty
                    ? NotChecked("nothing is to be undone")
                    : Violation("it went on although its trace could not be written down")
            }
        }
    }

    private func apply(_ wanted: Preparation, _ saved: Saved<any Configurer>) async throws {
        try await configurer.apply(wanted, checkpoint: TraceCheckpoint(save: { try await saved.save($0) }))
    }

    private func cleanup(_ saved: Saved<any Configurer>, _ wanted: Preparation) async throws {
        for trace in Set(saved.all) { try await configurer.cleanup(trace, through: wanted.shell) }
    }
}
