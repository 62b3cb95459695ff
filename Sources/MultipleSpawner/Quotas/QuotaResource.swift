/// What a quota counts.
public enum QuotaResource: String, Sendable, Hashable, Codable, CaseIterable {
    /// Sessions at once, from the moment at which they are asked for until nothing of them is left.
    case sessions
    /// What these sessions asked for, together: bytes, cores, GPUs.
    case memory, cpu, gpu
    /// Hours of sessions that answered, in the last thirty days.
    case hours

    /// How far back hours are counted, in seconds.
    static let window = 30.0 * 86_400

    /// An amount in words: `2 sessions`, `32 GB of memory`, `100 hours in 30 days`.
    func words(_ amount: Double) -> String {
        switch self {
        case .sessions: "\(number(amount)) session\(amount == 1 ? "" : "s")"
        case .memory: "\(number(amount)) of memory"
        case .cpu: "\(number(amount)) core\(amount == 1 ? "" : "s")"
        case .gpu: "\(number(amount)) GPU\(amount == 1 ? "" : "s")"
        case .hours: "\(number(amount)) hour\(amount == 1 ? "" : "s") in 30 days"
        }
    }

    /// An amount without its name: `2`, `32 GB`, `12.5`.
    func number(_ amount: Double) -> String {
        switch self {
        case .memory: amount < 1 ? "0 GB" : MemorySize.text(Int(clampedTo: amount))
        case .hours: MemorySize.number((amount * 10).rounded() / 10)
        case .sessions, .cpu, .gpu: MemorySize.number(amount)
        }
    }

    /// What a session takes of it while it is there; nothing of what only time takes.
    func amount(in resources: ResourceSpecification) -> Double {
        switch self {
        case .sessions: 1
        case .memory: Double(resources.memory)
        case .cpu: resources.cpu
        case .gpu: Double(resources.gpu)
        case .hours: 0
        }
    }
}

extension Int {
    /// The nearest whole number that there is.
    init(clampedTo value: Double) {
        self = value.isNaN ? 0 : Int(Swift.min(Swift.max(value, -9e18), 9e18))
    }
}
