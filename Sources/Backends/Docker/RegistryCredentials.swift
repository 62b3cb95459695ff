public import MultipleSpawner

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Who we are to the registries of images: what Docker is given to pull with.
///
/// From Docker's own configuration file and from our settings, whose word is the last. It holds passwords, so it prints
/// as its registries and cannot be encoded.
public struct RegistryCredentials: Sendable {
    /// How one registry is told who we are.
    enum Login: Sendable, Hashable {
        case password(user: String, Secret)
        case identityToken(Secret)
    }

    private var logins: [String: Login] = [:]
    /// What was found in the files that does not work here, for `doctor` and the log.
    public internal(set) var findings: [Finding] = []

    /// No credentials: only what anybody may pull.
    public init() {}

    /// The registries that have credentials.
    public var registries: [String] { logins.keys.sorted() }

    mutating func set(_ login: Login, for registry: String) {
        logins[Self.normalized(registry)] = login
    }

    /// The value of `X-Registry-Auth` for a pull of this image, or a service with it; `nil`: none is needed or known.
    public func header(forImage image: String) -> Secret? {
        let registry = Self.registry(ofImage: image)
        guard let login = logins[registry] else { return nil }
        let address = registry == Self.hub ? "https://index.docker.io/v1/" : registry
        let fields: JSONValue =
            switch login {
            case .password(let user, let password):
                ["username": .string(user), "password": .string(password.reveal()), "serveraddress": .string(address)]
            case .identityToken(let token):
                ["identitytoken": .string(token.reveal()), "serveraddress": .string(address)]
            }
        // Go's URL encoding: the padding stays.
        let text = Data(fields.text.utf8).base64EncodedString().utf8.map { byte in
            switch byte {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            default: byte
            }
        }
        return Secret(String(decoding: text, as: UTF8.self))
    }

    private static let hub = "docker.io"

    /// The registry that Docker asks for an image, by Docker's own rule: what stands before the first slash, where it
    /// looks like a host.
    static func registry(ofImage image: String) -> String {
        guard let slash = image.utf8.firstIndex(of: UInt8(ascii: "/")) else { return hub }
        let first = String(image[..<slash])
        let isHost =
            first.utf8.contains { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") } || first == "localhost"
            || first.lowercased() != first
        return isHost ? normalized(first) : hub
    }

    /// A registry as files name it (`https://index.docker.io/v1/`, `registry.example.com/v2/`) by its host and port.
    static func normalized(_ registry: String) -> String {
        var host = registry[...]
        for scheme in ["https://", "http://"] where host.utf8.starts(with: scheme.utf8) {
            host = host.dropFirst(scheme.utf8.count)
        }
        let name = host.prefix { $0 != "/" }.lowercased()
        return ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"].contains(name) ? hub : name
    }
}

extension RegistryCredentials: CustomStringConvertible, CustomReflectable {
    public var description: String { "credentials for \(registries.joined(separator: ", "))" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
