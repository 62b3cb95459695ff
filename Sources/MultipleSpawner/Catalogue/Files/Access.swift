/// Who may use a template, a deployment or an image. Where there is none, everybody may; where there is one, only who is
/// in it.
public struct Access: Sendable, Hashable {
    public let users: Set<String>
    public let groups: Set<String>
    /// Paths of files that list users, one a line, as they are written. Whom they list is among `users` once the
    /// catalogue is read; before, they admit nobody.
    public let files: Set<String>

    public init(users: Set<String> = [], groups: Set<String> = [], files: Set<String> = []) {
        self.users = users
        self.groups = groups
        self.files = files
    }

    public func admits(user: String, groups: Set<String>) -> Bool {
        users.contains(user) || !self.groups.isDisjoint(with: groups)
    }

    /// The declaration: an object, or SwarmSpawner's list of users, or its path of a file that lists them.
    public static let shape = Shape.either([
        .object(
            ObjectShape([
                Field("users", .list(.string), aliases: ["user"], "Names of users who may use this."),
                Field("groups", .list(.string), aliases: ["group"], "Groups of the hub whose members may use this."),
                Field(
                    "files", .list(.path), aliases: ["file"],
                    "Files that list users who may use this, one a line; relative to the file of templates."),
            ])),
        .list(.string),
    ])

    public init(bound: JSONValue) {
        func names(_ value: JSONValue?) -> Set<String> { Set(value?.arrayValue?.compactMap(\.stringValue) ?? []) }
        if bound.arrayValue != nil {
            let names = names(bound)
            self.init(users: names.filter { !Self.isPath($0) }, files: names.filter(Self.isPath))
        } else {
            self.init(users: names(bound["users"]), groups: names(bound["groups"]), files: names(bound["files"]))
        }
    }

    /// Whether a plain text means a file: no user's name holds a `/`, and none should end with `.txt`.
    private static func isPath(_ text: String) -> Bool {
        text.utf8.contains(UInt8(ascii: "/")) || text.hasSuffix(".txt")
    }
}

extension Access? {
    func admits(user: String, groups: Set<String>) -> Bool {
        self?.admits(user: user, groups: groups) ?? true
    }
}
