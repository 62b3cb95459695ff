import MultipleSpawner

/// One host of a pool, and how much it has.
struct StaticHost: Sendable, Hashable {
    var address: MachineAddress
    /// How many sessions it takes.
    var slots: Int
    /// Bytes; `nil`: not counted.
    var memory: Int?
    /// Cores.
    var cpu: Double?
    var gpu: Int?
    var labels: [String: String]
    var account: String?
    /// Host keys that the admin vouches for, as `TYPE BASE64`.
    var hostKeys: [String]

    /// `node01`, `node01:2222`.
    var name: String { address.port == 22 ? address.host : "\(address.host):\(address.port)" }
}
