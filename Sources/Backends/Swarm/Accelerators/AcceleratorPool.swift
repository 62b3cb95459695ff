import MultipleSpawner

/// Devices of one kind that sessions share out among themselves.
struct AcceleratorPool: Sendable, Hashable {
    /// What images call it.
    let name: String
    /// What the devices are: `NVIDIA-GPU`.
    let type: String
    /// The devices that the template lists.
    let devices: [String]
    /// A file with further ones, one a line. Whoever leases reads it first.
    let devicesFile: String?
    /// Whether a device may serve several sessions.
    let isOversubscribed: Bool

    /// The devices of a file: one a line; empty lines and what follows a `#` are passed over.
    static func devices(inFile text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let device = line.prefix { $0 != "#" }.filter { !$0.isWhitespace }
            return device.isEmpty ? nil : String(device)
        }
    }
}

/// So many devices of a pool that a session gets.
struct AcceleratorNeed: Sendable, Hashable {
    let pool: AcceleratorPool
    let count: Int
}
