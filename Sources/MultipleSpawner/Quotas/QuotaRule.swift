/// One bound that holds for a session.
struct QuotaRule: Sendable, Hashable {
    /// Where it is written.
    enum Origin: Sendable, Hashable {
        case everybody
        case member(String)
        case user(String)
        case together(String)
    }

    let resource: QuotaResource
    let most: Double
    let account: QuotaAccount
    let origin: Origin

    /// `the quota of 2 sessions for each member of 'students'`
    var name: String {
        let whose =
            switch origin {
            case .everybody: "for each user"
            case .member(let group): "for each member of '\(group.excerpt)'"
            case .user(let user): "for user '\(user.excerpt)'"
            case .together(let group): "for all members of '\(group.excerpt)' together"
            }
        return "the quota of \(resource.words(most)) \(whose)"
    }
}
