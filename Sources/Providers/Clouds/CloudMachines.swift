/// A cloud as whoever gives a machine back sees it.
protocol CloudMachines: Sendable {
    associatedtype Instance: CloudInstance

    /// Where a person looks at machines: `EC2's console`.
    static var console: String { get }

    /// What a lease is about: by the machine's name, and by the token.
    func instances(of lease: CloudLease, until deadline: ContinuousClock.Instant) async throws -> [Instance]

    /// Asks for their end, which may come later.
    func terminate(_ instances: [Instance], until deadline: ContinuousClock.Instant) async throws

    /// Asks them to switch themselves off, which may come later.
    func switchOff(_ instances: [Instance], until deadline: ContinuousClock.Instant) async throws
}
