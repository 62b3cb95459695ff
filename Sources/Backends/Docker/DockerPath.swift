/// Builds what stands behind the version in a call's URL, so that no name in it can become another path.
enum DockerPath {
    /// `["services", "a/b"]` as `/services/a%2Fb`.
    static func joined(_ components: [String]) -> String {
        components.map { "/" + encoded($0, keeping: { $0.isUnreserved }) }.joined()
    }

    /// A path that a caller has joined: what cannot stand in a path is encoded, what could end it too.
    static func encoded(path: String) -> String {
        encoded(path, keeping: { $0.isUnreserved || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "%") })
    }

    /// `?a=b&c=d` in the order of the keys, or nothing.
    static func query(_ values: [String: String]) -> String {
        guard !values.isEmpty else { return "" }
        let pairs = values.sorted { $0.key < $1.key }
            .map { "\(encoded($0.key, keeping: \.isUnreserved))=\(encoded($0.value, keeping: \.isUnreserved))" }
        return "?" + pairs.joined(separator: "&")
    }

    private static func encoded(_ text: String, keeping isKept: (UInt8) -> Bool) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if isKept(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let digits = Array("0123456789ABCDEF".utf8)
}

extension UInt8 {
    /// What RFC 3986 calls unreserved.
    fileprivate var isUnreserved: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
