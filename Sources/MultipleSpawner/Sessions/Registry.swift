/// The plug-ins that there are, by the names that templates call them.
///
/// Templates of the originals name Python classes. They are names here, and nothing is ever imported by them: what is
/// not in this registry is an error.
public struct Registry: Sendable {
    /// One backend and what its templates may say.
    public struct Entry: Sendable {
        public let kind: BackendKind
        /// The names in `class` that mean this backend; the first is our own.
        public let classes: [String]
        /// What the backend understands; `nil` where it is known by name only.
        public let options: ObjectShape?
        /// `nil` for a backend that this build knows by name only: its templates are read and checked as far as that
        /// goes, and a request that leads to one is answered with `unsupported`.
        public let backend: (any Backend)?

        public init(_ backend: any Backend, classes: [String]) {
            self.kind = backend.kind
            self.classes = classes
            self.options = type(of: backend).options
            self.backend = backend
        }

        /// A backend that is known by name only.
        public init(announced kind: BackendKind, classes: [String]) {
            self.kind = kind
            self.classes = classes
            self.options = nil
            self.backend = nil
        }

        /// What options let users choose from; nothing where the backend is known by name only.
        func menu(of options: [String: JSONValue]) -> Menu {
            backend.map { type(of: $0).menu(of: .object(options)) } ?? Menu()
        }

        /// The options as they are for one request.
        func settle(
            _ options: [String: JSONValue], with choice: Choice, within limits: HardwareLimits
        ) throws(SpawnError) -> JSONValue {
            guard let backend else { return .object(options) }
            return try type(of: backend).settle(.object(options), with: choice, within: limits)
        }
    }

    public let backends: [Entry]
    public let authenticators: [AuthenticatorEntry]
    public let configurers: [ConfigurerEntry]
    public let providers: [ProviderMaker]
    /// Sees whether a machine answers; `nil`: it is believed to.
    let isAnswering: MachineCheck?
    /// What this machine is called by others: values for placeholders of configurers, as the original gives them.
    let hubValues: @Sendable () async -> [String: String]
    /// Class names of authenticators and configurers that are known by name only.
    public let announcedHooks: [String]

    private let entriesByClass: [String: Entry]
    private let entriesByKind: [BackendKind: Entry]

    public init(
        backends: [Entry], authenticators: [AuthenticatorEntry] = [], configurers: [ConfigurerEntry] = [],
        providers: [ProviderMaker] = [], isAnswering: MachineCheck? = nil,
        hubValues: @escaping @Sendable () async -> [String: String] = { [:] }, announcedHooks: [String] = []
    ) {
        self.backends = backends
        self.authenticators = authenticators
        self.configurers = configurers
        self.providers = providers
        self.isAnswering = isAnswering
        self.hubValues = hubValues
        self.announcedHooks = announcedHooks
        entriesByClass = Dictionary(
            backends.flatMap { entry in entry.classes.map { ($0, entry) } }, uniquingKeysWith: { first, _ in first })
        entriesByKind = Dictionary(backends.map { ($0.kind, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The backend that a template's `class` means.
    public func entry(named name: String) -> Entry? {
        entriesByClass[name]
    }

    /// Every name that `class` may have, for proposals and schemas.
    public var classNames: [String] { backends.flatMap(\.classes) }

    /// The backend that a handle or a plan belongs to.
    public func backend(_ kind: BackendKind) throws(SpawnError) -> any Backend {
        guard let backend = entriesByKind[kind]?.backend else {
            let offered = backends.filter { $0.backend != nil }.map { "'\($0.kind.rawValue)'" }
            throw SpawnError(
                .unsupported,
                "this build has no backend '\(kind.rawValue.excerpt)'; it has \(offered.joined(separator: ", "))")
        }
        return backend
    }
}
