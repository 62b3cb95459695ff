/// What a backend's place holds that carries our labels.
public struct Census: Sendable, Hashable {
    public var residents: [Resident]
    /// The parts of the place that could not be asked, each with its reason: `host 'gpu-2': it does not answer`. Nothing
    /// may be concluded about what is there.
    public var unreachable: [String]
    /// What else an administrator should know, and what to do: `2 sessions of another daemon are here; …`.
    public var notes: [String]

    public init(_ residents: [Resident] = [], unreachable: [String] = [], notes: [String] = []) {
        self.residents = residents
        self.unreachable = unreachable
        self.notes = notes
    }

    /// The residents, for who has to be sure that there are no others.
    ///
    /// - Throws: `unavailable` where a part of the place could not be asked.
    public func whole() throws(SpawnError) -> [Resident] {
        guard unreachable.isEmpty else { throw SpawnError(.unavailable, unreachable.joined(separator: "; ")) }
        return residents
    }
}

/// Something in a backend's place that carries our labels.
public struct Resident: Sendable, Hashable {
    public let session: SessionID
    public let identity: SessionIdentity?
    public let handle: Handle
    /// What a person would look for: `process 4711`, `service jupyter-alice-1`.
    public let description: String

    public init(session: SessionID, identity: SessionIdentity?, handle: Handle, description: String) {
        self.session = session
        self.identity = identity
        self.handle = handle
        self.description = description
    }
}
