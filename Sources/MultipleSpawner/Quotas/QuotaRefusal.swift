#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Why a quota does not admit a session.
struct QuotaRefusal: Sendable {
    let rule: QuotaRule
    /// What the session asks for.
    let asked: Double
    /// What others use already.
    let used: Double
    /// When there is room at the latest; `nil` where nobody can say.
    let frees: Date?

    var error: SpawnError {
        let resource = rule.resource
        guard rule.most > 0 else { return SpawnError(.forbidden, "\(rule.name) admits none; ask an admin") }
        guard asked <= rule.most else {
            return SpawnError(
                .forbidden, "\(rule.name) does not admit \(resource.words(asked)); ask for less")
        }
        let left = resource.number(max(0, rule.most - used))
        let until = frees.map { $0.formatted(.iso8601) }
        switch resource {
        case .hours:
            return SpawnError(
                .overCapacity,
                "\(rule.name) is used up: \(resource.number(used)) were used"
                    + (until.map { "; hours are left again at \($0)" } ?? ""))
        case .sessions, .memory, .cpu, .gpu:
            return SpawnError(
                .overCapacity,
                "\(rule.name) does not admit \(resource.words(asked)) more: \(resource.number(used)) "
                    + "\(used == 1 && resource != .memory ? "is" : "are") in use, \(left) left; stop a server"
                    + (resource == .sessions ? "" : ", ask for less")
                    + (until.map { ", or wait until \($0) at the latest" } ?? ""))
        }
    }
}
