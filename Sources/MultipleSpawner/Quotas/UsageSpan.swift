#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// From when to when a session ran: seconds since the reference date. There may be hundreds of thousands.
struct UsageSpan: Sendable, Hashable {
    let from: Double
    let to: Double

    init(from: Date, to: Date) {
        self.from = from.timeIntervalSinceReferenceDate
        self.to = max(to, from).timeIntervalSinceReferenceDate
    }

    /// Hours of it within the window that ends at `now`.
    func hours(at now: Double) -> Double {
        max(0, min(to, now) - max(from, now - QuotaResource.window)) / 3600
    }
}
