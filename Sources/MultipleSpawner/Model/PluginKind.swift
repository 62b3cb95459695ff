/// The kind of a plug-in, as journals and labels carry it: `ssh`, `swarm`, `ec2`. `Contract` tells a backend's from a
/// provider's.
public struct PluginKind<Contract>: Hashable, Sendable, Codable, RawRepresentable, ExpressibleByStringLiteral {
    public let rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    public init(stringLiteral value: String) {
        self.rawValue = value
    }

    public init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(String.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

/// `local`, `swarm`, `ssh`, `mock`.
public typealias BackendKind = PluginKind<any Backend>
/// `ssh`, `program`.
public typealias AuthenticatorKind = PluginKind<any Authenticator>
/// `ansible`, `script`.
public typealias ConfigurerKind = PluginKind<any Configurer>
/// `static`, `ec2`, `oci`.
public typealias ProviderKind = PluginKind<any Provider>
