extension Registry {
    /// One authenticator and what its templates may say.
    public struct AuthenticatorEntry: Sendable {
        public let kind: AuthenticatorKind
        /// The names in `class` that mean this authenticator; the first is our own.
        public let classes: [String]
        public let options: ObjectShape
        /// Which options positional arguments are.
        let positionalOptions: [String]
        public let authenticator: any Authenticator

        public init(_ authenticator: any Authenticator, classes: [String]) {
            self.kind = authenticator.kind
            self.classes = classes
            self.options = type(of: authenticator).options
            self.positionalOptions = type(of: authenticator).positionalOptions
            self.authenticator = authenticator
        }
    }

    /// The authenticator that a template's `class` means; `nil` for one that is known by name only.
    func authenticatorEntry(named name: String) -> AuthenticatorEntry? {
        authenticators.first { $0.classes.contains(name) }
    }

    /// The authenticator that a grant or a plan belongs to.
    public func authenticator(_ kind: AuthenticatorKind) throws(SpawnError) -> any Authenticator {
        guard let entry = authenticators.first(where: { $0.kind == kind }) else {
            let offered = authenticators.map { "'\($0.kind.rawValue)'" }
            throw SpawnError(
                .unsupported,
                "this build has no authenticator '\(kind.rawValue.excerpt)'; it has "
                    + (offered.isEmpty ? "none" : offered.joined(separator: ", ")))
        }
        return entry.authenticator
    }
}
