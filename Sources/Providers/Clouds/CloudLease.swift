import MultipleSpawner

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What finds a machine of a cloud again: from before it was asked for.
struct CloudLease: Sendable, Hashable, Codable {
    /// `nil` only for a machine that carries none, as a census may find it.
    var token: MachineToken?
    var region: String
    /// Where the cloud is asked; `nil`: where that region's is.
    var endpoint: String?
    /// The part of the account that it is in, where the cloud has such parts.
    var compartment: String?
    /// The cloud's name for it, once it is known.
    var machine: String?
    /// When it was asked for, in seconds since 1970, while it is not known whether that was heard.
    var asked: Int?

    /// How much longer a machine that was asked for may be there and not be shown.
    func settling(_ pace: CloudPace) -> Duration {
        guard machine == nil, let asked else { return .zero }
        let since = Duration.seconds(max(0, Self.now - asked))
        return max(.zero, pace.settling - since)
    }

    static var now: Int { Int(Date().timeIntervalSince1970) }
}
