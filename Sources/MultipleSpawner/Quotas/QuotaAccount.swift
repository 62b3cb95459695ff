/// On whose account something is counted. Users of the same name in two hubs are two.
enum QuotaAccount: Sendable, Hashable {
    case user(hub: String, name: String)
    case group(hub: String, name: String)
}
