extension ServiceLabels {
    /// On a service: the devices that its session has, so that a lost journal does not give them away twice.
    static let leases = "multiplespawner.leases"
}

extension AcceleratorLease {
    /// `pool=device` for each, as a label has it.
    static func text(of leases: [AcceleratorLease]) -> String {
        leases.map { "\($0.pool)=\($0.device)" }.joined(separator: "\n")
    }

    /// What the label of a service says.
    static func leases(in labels: [String: String]) -> [AcceleratorLease] {
        (labels[ServiceLabels.leases] ?? "").split(separator: "\n").compactMap { entry in
            let parts = entry.split(separator: "=", maxSplits: 1).map(String.init)
            return parts.count == 2 ? AcceleratorLease(pool: parts[0], device: parts[1]) : nil
        }
    }
}
