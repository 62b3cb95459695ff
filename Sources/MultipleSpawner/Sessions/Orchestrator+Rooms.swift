extension Orchestrator {
    /// What is free at the providers of a catalogue.
    public func rooms(in catalogue: Catalogue) async -> ProviderRooms {
        ProviderRooms(
            availability: await rooms.latest(of: catalogue.providers.map(\.name)),
            sessions: await admission.sessionsByProvider)
    }
}
