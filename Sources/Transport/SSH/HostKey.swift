import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The public key with which a machine proves who it is.
public struct HostKey: Sendable, Hashable {
    /// As the protocol calls it: `ssh-ed25519`.
    public let type: String
    /// The key as it is on the wire; it begins with the type.
    public let blob: [UInt8]

    /// `nil` where the bytes are no key of a type that OpenSSH knows, or are more than one.
    public init?(blob: [UInt8]) {
        var reader = SSHReader(blob)
        guard let name = reader.text(), let shape = Self.shapes[name] else { return nil }
        for part in shape {
            guard let bytes = reader.string(), part.fits(bytes) else { return nil }
        }
        guard reader.isAtEnd else { return nil }
        type = name
        self.blob = blob
    }

    /// Bytes that were put together here.
    init(trusted type: String, _ blob: [UInt8]) {
        self.type = type
        self.blob = blob
    }

    /// As it stands in files; `nil` also where the type is not the one of the bytes.
    public init?(type: String, base64: String) {
        guard let data = Data(base64Encoded: base64) else { return nil }
        self.init(blob: Array(data))
        guard self.type == type else { return nil }
    }

    /// A line of a public key, with or without a comment: `ssh-ed25519 AAAA… root@gpu-2`.
    public init?(line: String) {
        let words = line.split(whereSeparator: \.isWhitespace)
        guard words.count >= 2 else { return nil }
        self.init(type: String(words[0]), base64: String(words[1]))
    }

    public var base64: String { Data(blob).base64EncodedString() }

    /// As OpenSSH writes it: `SHA256:` and 43 characters.
    public var fingerprint: String {
        "SHA256:" + Data(SHA256.hash(data: blob)).base64EncodedString().filter { $0 != "=" }
    }

    /// What a key of a type consists of, after its name.
    private enum Part {
        case anything
        case bytes(Int)
        case name(String)

        func fits(_ bytes: [UInt8]) -> Bool {
            switch self {
            case .anything: !bytes.isEmpty
            case .bytes(let count): bytes.count == count
            case .name(let name): bytes.elementsEqual(name.utf8)
            }
        }
    }

    private static let shapes: [String: [Part]] = [
        "ssh-ed25519": [.bytes(32)],
        "ecdsa-sha2-nistp256": [.name("nistp256"), .bytes(65)],
        "ecdsa-sha2-nistp384": [.name("nistp384"), .bytes(97)],
        "ecdsa-sha2-nistp521": [.name("nistp521"), .bytes(133)],
        "ssh-rsa": [.anything, .anything],
        "ssh-dss": [.anything, .anything, .anything, .anything],
        "sk-ssh-ed25519@openssh.com": [.bytes(32), .anything],
        "sk-ecdsa-sha2-nistp256@openssh.com": [.name("nistp256"), .bytes(65), .anything],
    ]
}

extension HostKey: CustomStringConvertible {
    /// As it stands in files, without a comment.
    public var description: String { "\(type) \(base64)" }
}
