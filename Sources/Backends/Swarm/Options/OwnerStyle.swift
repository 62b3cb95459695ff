/// How a user is called in names: what `{service_owner}` stands for.
enum OwnerStyle: String, Sendable, Hashable, Codable, CaseIterable {
    /// The user's name where it is safe, else something readable with a hash.
    case name
    /// The MD5 sum of the user's name, as cassiny's and older spawners had it: for volumes that are there.
    case md5
}
