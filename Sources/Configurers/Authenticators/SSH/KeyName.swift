import Crypto

/// File names of keys. They come from templates, with users' names in them.
enum KeyName {
    /// The name where it is safe as that of a file, and else an escaped one with a hash that tells it from all others.
    ///
    /// Safe are letters, digits and `.`, `_`, `-`, `@`. A `+` stands before the hash and in no name that is kept, so no user
    /// can be called as another one's key is.
    static func safe(_ name: String) -> String {
        let isKept =
            name.utf8.allSatisfy(isSafe) && (1...100).contains(name.utf8.count) && name.utf8.first != UInt8(ascii: ".")
            && name.utf8.first != UInt8(ascii: "-") && !name.hasSuffix(".pub") && !name.hasSuffix(".lock")
        if isKept { return name }
        var escaped = name.utf8.prefix(60).map { isSafe($0) ? $0 : UInt8(ascii: "_") }
        if escaped.first == UInt8(ascii: ".") || escaped.first == UInt8(ascii: "-") { escaped[0] = UInt8(ascii: "_") }
        let hash = SHA256.hash(data: Array(name.utf8)).prefix(8).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }
        return "\(String(decoding: escaped, as: UTF8.self))+\(hash.joined())"
    }

    private static func isSafe(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
            UInt8(ascii: "@"):
            true
        default: false
        }
    }
}
