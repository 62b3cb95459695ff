import MultipleSpawner

/// What a machine of ours carries, so that it is found again.
struct CloudTags: Sendable, Hashable {
    var installation: String
    var token: MachineToken?
    var session: SessionID?
    var user: String?
    var server: String?

    /// - Parameter separator: stands between our name and the tag's; clouds do not all take the same.
    func pairs(_ separator: String) -> [(key: String, value: String)] {
        [
            ("installation", installation), ("token", token?.rawValue), ("session", session?.rawValue),
            ("user", user.map(Self.encode)), ("server", server.flatMap { $0.isEmpty ? nil : Self.encode($0) }),
        ].compactMap { name, value in value.map { (Self.key(name, separator), $0) } }
    }

    init(_ wanted: MachineRequest, installation: String) {
        self.installation = installation
        token = wanted.token
        session = wanted.session
        user = wanted.identity.user
        server = wanted.identity.server
    }

    init(_ found: [String: String], _ separator: String) {
        func value(_ name: String) -> String? { found[Self.key(name, separator)] }
        installation = value("installation") ?? ""
        token = value("token").flatMap { MachineToken(rawValue: $0) }
        session = value("session").flatMap { SessionID(rawValue: $0) }
        user = value("user").flatMap(Self.decode)
        server = value("server").flatMap(Self.decode)
    }

    static func key(_ name: String, _ separator: String) -> String { "multiplespawner\(separator)\(name)" }

    /// What all clouds take as a tag: the other bytes as `%` and two digits, and no more than 255 of all that.
    static func encode(_ name: String) -> String {
        var text = ""
        for byte in name.utf8 {
            if byte.isUnreservedInURL || "@+".utf8.contains(byte) {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += byte.percentEncoded
            }
        }
        return text.utf8.count <= 255 ? text : String(text.prefix(254)) + "*"
    }

    /// `nil` for a name that was cut off, and for what is no such text.
    static func decode(_ text: String) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "*"): return nil
            case UInt8(ascii: "%"):
                guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
                else { return nil }
                rest = rest.dropFirst(2)
                bytes.append(value)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
