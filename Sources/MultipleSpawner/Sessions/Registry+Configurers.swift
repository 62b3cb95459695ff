extension Registry {
    /// One configurer and what its templates may say.
    public struct ConfigurerEntry: Sendable {
        public let kind: ConfigurerKind
        /// The names in `class` that mean this configurer; the first is our own.
        public let classes: [String]
        public let options: ObjectShape
        public let configurer: any Configurer

        public init(_ configurer: any Configurer, classes: [String]) {
            self.kind = configurer.kind
            self.classes = classes
            self.options = type(of: configurer).options
            self.configurer = configurer
        }
    }

    /// The configurer that a template's `class` means; `nil` for one that is known by name only.
    func configurerEntry(named name: String) -> ConfigurerEntry? {
        configurers.first { $0.classes.contains(name) }
    }

    /// The configurer that a trace or a plan belongs to.
    public func configurer(_ kind: ConfigurerKind) throws(SpawnError) -> any Configurer {
        guard let entry = configurers.first(where: { $0.kind == kind }) else {
            let offered = configurers.map { "'\($0.kind.rawValue)'" }
            throw SpawnError(
                .unsupported,
                "this build has no configurer '\(kind.rawValue.excerpt)'; it has "
                    + (offered.isEmpty ? "none" : offered.joined(separator: ", ")))
        }
        return entry.configurer
    }
}
