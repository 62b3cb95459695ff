import Crypto
import MultipleSpawner

/// How a user is called in the names of services, volumes and directories: what `{service_owner}` stands for.
///
/// It holds small letters, digits, `-` and `_` alone, begins and ends with a letter or digit, has at most 40 of them,
/// and is never the same for two users.
struct ServiceOwner: Sendable, Hashable {
    let text: String

    init(_ user: String, style: OwnerStyle = .name) {
        switch style {
        case .md5: text = Insecure.MD5.hash(data: Array(user.utf8)).hexadecimal
        case .name: text = Self.isSafe(user) ? user : Self.slug(of: user, most: 23) + "-" + Self.hash(user)
        }
    }

    /// Whether the name can stand for itself. One that looks as if it had been made of another cannot.
    private static func isSafe(_ user: String) -> Bool {
        let bytes = Array(user.utf8)
        guard (1...40).contains(bytes.count), bytes.allSatisfy(\.isServiceNameByte) else { return false }
        guard let first = bytes.first, let last = bytes.last, first.isSmallAlphanumeric, last.isSmallAlphanumeric
        else { return false }
        guard bytes.count > hashLength, bytes[bytes.count - hashLength - 1] == UInt8(ascii: "-") else { return true }
        return !bytes.suffix(hashLength).allSatisfy(\.isSmallHexadecimal)
    }

    private static let hashLength = 16

    private static func hash(_ user: String) -> String {
        String(SHA256.hash(data: Array("owner\0\(user)".utf8)).hexadecimal.prefix(hashLength))
    }

    /// What is readable of a text: small letters and digits, one `-` for everything between; at least `u`.
    static func slug(of text: String, most: Int) -> String {
        var bytes: [UInt8] = []
        for byte in text.lowercased().utf8 {
            if byte.isSmallAlphanumeric {
                bytes.append(byte)
            } else if let last = bytes.last, last != UInt8(ascii: "-") {
                bytes.append(UInt8(ascii: "-"))
            }
        }
        bytes = Array(bytes.prefix(most))
        while bytes.last == UInt8(ascii: "-") { bytes.removeLast() }
        return bytes.isEmpty ? "u" : String(decoding: bytes, as: UTF8.self)
    }
}

extension Digest {
    /// Small hexadecimal digits.
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        var bytes: [UInt8] = []
        for byte in self {
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 15)])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension UInt8 {
    var isSmallAlphanumeric: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
    }

    var isSmallHexadecimal: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
    }

    /// What our names of services are made of.
    var isServiceNameByte: Bool {
        isSmallAlphanumeric || self == UInt8(ascii: "-") || self == UInt8(ascii: "_")
    }
}
