public import MultipleSpawner
public import Transport

/// What a new machine is told at its first boot, for an image that has cloud-init.
///
/// It is written as JSON behind cloud-init's first line. JSON is YAML, and in JSON no value can end its quotes.
public struct CloudInit: Sendable {
    /// The account that the keys let in; `nil`: the one that the image has for this.
    public var account: String?
    /// Lines of `authorized_keys`.
    public var authorizedKeys: [String]
    /// The key with which the machine's sshd will prove who it is; `nil`: it makes its own, which nobody knows.
    public var hostKey: SSHKeyPair?
    /// What else cloud-init is to do: `packages`, `runcmd`.
    public var further: [String: JSONValue]

    public init(
        account: String? = nil, authorizedKeys: [String] = [], hostKey: SSHKeyPair? = nil,
        further: [String: JSONValue] = [:]
    ) {
        self.account = account
        self.authorizedKeys = authorizedKeys
        self.hostKey = hostKey
        self.further = further
    }

    /// The keys of `further` that are ours to say.
    static let ownKeys = ["user", "ssh_authorized_keys", "ssh_keys", "ssh_deletekeys", "ssh_genkeytypes"]

    /// The text of cloud-init's user data: the same for the same values, and the machine's private host key is in it.
    ///
    /// - Throws: `invalid_request` for an account or a key that is none, and for a key of `further` that is ours to say.
    public func text() throws(SpawnError) -> Secret {
        for key in further.keys.sorted() where Self.ownKeys.contains(key) || key == "disable_root" && account == "root"
        {
            throw SpawnError(
                .invalidRequest, "'\(key)' in 'cloud_init' is not yours to set: it is how we get in; leave it out")
        }
        var data = further
        if let account {
            try Self.check(account: account)
            // The image's own account, under this name.
            data["user"] = ["name": .string(account)]
            if account == "root" { data["disable_root"] = false }
        }
        if !authorizedKeys.isEmpty {
            for key in authorizedKeys { try Self.check(key: key) }
            data["ssh_authorized_keys"] = .array(authorizedKeys.map { .string($0) })
        }
        if let hostKey {
            // Keys that the image brought are those of every machine made from it.
            data["ssh_deletekeys"] = true
            data["ssh_keys"] = [
                "ed25519_private": .string(hostKey.privateText.reveal()), "ed25519_public": .string(hostKey.publicLine),
            ]
        }
        return Secret("#cloud-config\n" + Self.readableByYAML(JSONValue.object(data).text) + "\n")
    }

    /// An account's name as Linux takes it: it also stands in paths there.
    static func check(account: String) throws(SpawnError) {
        let isName = account.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isName, (1...32).contains(account.utf8.count), account.utf8.first != UInt8(ascii: "-"),
            account.utf8.first != UInt8(ascii: ".")
        else {
            throw SpawnError(
                .invalidRequest,
                "'\(account.excerpt)' is no account for a new machine; use 1 to 32 letters, digits, '_', '-' and '.'")
        }
    }

    /// It becomes a line of a file on the machine: a second line would let in somebody else.
    private static func check(key: String) throws(SpawnError) {
        guard !key.isEmpty, key.utf8.count <= 16384, !key.unicodeScalars.contains(where: \.isControl) else {
            throw SpawnError(
                .invalidRequest, "'\(key.excerpt)' is no line of authorized_keys; give one key, on one line")
        }
    }

    /// What JSON may hold as it is, and YAML refuses or folds: written as escapes. It only ever stands within quotes.
    private static func readableByYAML(_ json: String) -> String {
        var text = ""
        for scalar in json.unicodeScalars {
            switch scalar.value {
            case 0x7F..<0xA0, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

extension CloudInit: CustomStringConvertible, CustomReflectable {
    public var description: String { "cloud-init for \(account?.excerpt ?? "the image's account")" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
