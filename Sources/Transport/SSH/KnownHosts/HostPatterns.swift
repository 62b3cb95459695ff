import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Which machines a line of known hosts is about.
enum HostPatterns: Sendable, Hashable {
    /// Names with `*` and `?`, some with `!` before them; lower case.
    case list([Pattern])
    /// One name that only who knows it can find: the whole field, and the salt in it.
    case hashed(field: String, salt: [UInt8])

    struct Pattern: Sendable, Hashable {
        var isNegated: Bool
        var text: [UInt8]
    }

    /// The longest pattern that OpenSSH matches.
    static let longestPattern = 1022

    /// `nil` where nothing could ever match.
    init?(_ field: String) {
        if field.utf8.first == UInt8(ascii: "|") {
            let parts = field.split(separator: "|", omittingEmptySubsequences: false)
            guard parts.count == 4, parts[0].isEmpty, parts[1] == "1", let salt = Data(base64Encoded: String(parts[2])),
                salt.count == Insecure.SHA1.byteCount,
                let hash = Data(base64Encoded: String(parts[3])), hash.count == Insecure.SHA1.byteCount
            else { return nil }
            self = .hashed(field: field, salt: Array(salt))
            return
        }
        var patterns: [Pattern] = []
        for part in field.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let isNegated = part.first == UInt8(ascii: "!")
            let text = (isNegated ? part.dropFirst() : part).map(Self.lowercased)
            guard text.count <= Self.longestPattern else { return nil }
            patterns.append(Pattern(isNegated: isNegated, text: text))
        }
        guard patterns.contains(where: { !$0.isNegated && !$0.text.isEmpty }) else { return nil }
        self = .list(patterns)
    }

    /// - Parameter name: a name in lower case, or `[name]:port`.
    func match(_ name: [UInt8]) -> Bool {
        switch self {
        case .hashed(let field, let salt):
            return field == Self.hashed(name, salt: salt)
        case .list(let patterns):
            var isMatched = false
            for pattern in patterns where Self.match(name, pattern.text) {
                if pattern.isNegated { return false }
                isMatched = true
            }
            return isMatched
        }
    }

    /// What a host is called in these files: `gpu-2`, or `[gpu-2]:2222` for another port than SSH's own.
    static func name(_ host: String, port: Int) -> [UInt8] {
        let host = host.utf8.map(lowercased)
        guard port != 22, port != 0 else { return host }
        return [UInt8(ascii: "[")] + host + Array("]:\(port)".utf8)
    }

    /// The field of a line that tells the name only to who knows it.
    static func hashed(_ name: [UInt8], salt: [UInt8]) -> String {
        let code = HMAC<Insecure.SHA1>.authenticationCode(for: name, using: SymmetricKey(data: salt))
        return "|1|\(Data(salt).base64EncodedString())|\(Data(code).base64EncodedString())"
    }

    /// OpenSSH's own: ASCII alone has two cases.
    static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte + 32 : byte
    }

    /// `*` is any number of any characters and `?` is one. The time is the product of the lengths at most.
    static func match(_ name: [UInt8], _ pattern: [UInt8]) -> Bool {
        var (at, next) = (0, 0)
        // Where the last star stands, and where the text begins that it does not take.
        var star: (pattern: Int, name: Int)?
        while at < name.count {
            if next < pattern.count, pattern[next] == UInt8(ascii: "*") {
                star = (next, at)
                next += 1
            } else if next < pattern.count, pattern[next] == UInt8(ascii: "?") || pattern[next] == name[at] {
                at += 1
                next += 1
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                (at, next) = (last.name + 1, last.pattern + 1)
            } else {
                return false
            }
        }
        return pattern[next...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
