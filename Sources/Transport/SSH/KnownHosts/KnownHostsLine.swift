import MultipleSpawner

/// One line of a `known_hosts` file that says something.
struct KnownHostsLine: Sendable, Hashable {
    enum Marker: String, Sendable, Hashable {
        case authority = "@cert-authority"
        case revoked = "@revoked"
    }

    let marker: Marker?
    /// The field with the names, as it is written.
    let field: String
    let hosts: HostPatterns
    let key: HostKey

    /// Why a line cannot be read.
    struct Unreadable: Error, Hashable {
        let reason: String
    }

    /// The longest line that is read, in bytes. The longest keys there are have a tenth of it.
    static let longest = 65536

    /// - Returns: `nil` for an empty line or a comment.
    init?(_ line: some Collection<UInt8>) throws(Unreadable) {
        // What is looked at is what OpenSSH would look at: blanks and tabs separate, and nothing else does.
        let start = line.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        guard let first = start.first, first != UInt8(ascii: "#"), first != UInt8(ascii: "\r") else { return nil }
        guard line.count <= Self.longest else {
            throw Unreadable(reason: "it is longer than \(Self.longest) bytes")
        }
        guard !line.contains(0) else { throw Unreadable(reason: "it holds a zero byte") }
        var words = start.split(maxSplits: 4) { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }[...]
        var marker: Marker?
        if first == UInt8(ascii: "@"), let word = words.popFirst() {
            let text = String(decoding: word, as: UTF8.self)
            guard let known = Marker(rawValue: text) else {
                throw Unreadable(reason: "'\(text.excerpt)' is no marker; known are @cert-authority and @revoked")
            }
            marker = known
        }
        guard words.count >= 3 else { throw Unreadable(reason: "a name, the type of a key and the key are expected") }
        let texts = words.prefix(3).map { String(validating: $0, as: UTF8.self) }
        guard let field = texts[0], let type = texts[1], let base64 = texts[2] else {
            throw Unreadable(reason: "it is not text")
        }
        guard let hosts = HostPatterns(field) else {
            throw Unreadable(reason: "'\(field.excerpt)' names no host")
        }
        let end = base64.utf8.last == UInt8(ascii: "\r") ? String(base64.dropLast()) : base64
        guard let key = HostKey(type: type, base64: end) else {
            throw Unreadable(reason: "what follows '\(type.excerpt)' is no such key")
        }
        self.marker = marker
        self.field = field
        self.hosts = hosts
        self.key = key
    }
}
