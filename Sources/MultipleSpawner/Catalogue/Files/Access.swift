/// Who may use a template or a deployment. Where there is none, everybody may; where there is one, only who is in it.
public struct Access: Sendable, Hashable {
    public let users: Set<String>
    public let groups: Set<String>
    /// Paths of files that list users, one a line.
    public let files: Set<String>

    public init(users: Set<String> = [], groups: Set<String> = [], files: Set<String> = []) {
        self.users = users
        self.groups = groups
        self.files = files
    }

    public func admits(user: String, groups: Set<String>) -> Bool {
        users.contains(user) || !self.groups.isDisjoint(with: groups)
    }

    /// The declaration: an object, or SwarmSpawner's plain list of users.
    public static let shape = Shape.either([
        .object(
            ObjectShape([
                Field("users", .list(.string), aliases: ["user"], "Names of users who may use this."),
                Field("groups", .list(.string), aliases: ["group"], "Groups of the hub whose members may use this."),
            ])),
        .list(.string),
    ])

    public init(bound: JSONValue) {
        func names(_ value: JSONValue?) -> Set<String> { Set(value?.arrayValue?.compactMap(\.stringValue) ?? []) }
        if bound.arrayValue != nil {
            self.init(users: names(bound))
        } else {
            self.init(users: names(bound["users"]), groups: names(bound["groups"]))
        }
    }
}

extension Access? {
    func admits(user: String, groups: Set<String>) -> Bool {
        self?.admits(user: user, groups: groups) ?? true
    }
}
