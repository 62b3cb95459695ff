extension Registry {
    /// One kind of provider: what its entries may say, and how one is made.
    public struct ProviderMaker: Sendable {
        public let kind: ProviderKind
        public let options: ObjectShape
        public let machineOptions: ObjectShape
        let givesMachines: @Sendable (JSONValue) -> Bool
        let lendsHosts: Bool
        let hasRoom: @Sendable (BackendKind) -> Bool
        public let make: @Sendable (ProviderSite) throws(SpawnError) -> any Provider

        public init<Made: Provider>(
            _ type: Made.Type, make: @escaping @Sendable (ProviderSite) throws(SpawnError) -> Made
        ) {
            kind = type.kind
            options = type.options
            machineOptions = type.machineOptions
            givesMachines = { type.givesMachines($0) }
            lendsHosts = type.lendsHosts
            hasRoom = { type.hasRoom(for: $0) }
            self.make = { site throws(SpawnError) in try make(site) }
        }
    }

    func providerMaker(_ kind: String) -> ProviderMaker? {
        providers.first { $0.kind.rawValue == kind }
    }

    /// Whether an entry of `providers.json` could serve now.
    public func examine(_ entry: ProviderEntry, installation: String) async -> [Finding] {
        guard let maker = providerMaker(entry.kind), maker.givesMachines(entry.options) else { return [] }
        do {
            let site = ProviderSite(
                name: entry.name, options: entry.options, capacity: entry.capacity, installation: installation)
            return try await maker.make(site).examine()
        } catch {
            return [
                Finding(.failed, "provider", SpawnError(wrapping: error, as: .internal, "it cannot be made").message)
            ]
        }
    }

    /// Whether an entry of `providers.json` has machines to give.
    func givesMachines(_ entry: ProviderEntry) -> Bool {
        providerMaker(entry.kind)?.givesMachines(entry.options) ?? false
    }
}

/// An entry of `providers.json`, for the provider that is made of it.
public struct ProviderSite: Sendable {
    public let name: String
    /// Checked against the kind's declaration.
    public let options: JSONValue
    public let capacity: ProviderCapacity
    /// Tells this daemon's machines from another one's.
    public let installation: String

    public init(
        name: String, options: JSONValue = [:], capacity: ProviderCapacity = ProviderCapacity(),
        installation: String = ""
    ) {
        self.name = name
        self.options = options
        self.capacity = capacity
        self.installation = installation
    }
}
