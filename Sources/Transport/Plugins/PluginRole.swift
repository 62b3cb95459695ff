/// What an external program serves as. The raw value is `kind` in what it reads.
public enum PluginRole: String, Sendable, Hashable, Codable, CaseIterable {
    case backend, provider, authenticator, configurer
}
