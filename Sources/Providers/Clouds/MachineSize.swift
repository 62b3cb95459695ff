import MultipleSpawner

/// A type of machine that a cloud has, with what is in it.
struct MachineSize: Sendable, Hashable {
    var name: String
    var cpu: Double
    /// Bytes.
    var memory: Int
    var gpu: Int

    func holds(_ wanted: ResourceSpecification) -> Bool {
        cpu >= wanted.cpu && memory >= wanted.memory && gpu >= wanted.gpu
    }

    /// The smallest of these that holds what is wanted: fewest GPUs, then least memory, then fewest cores, then the first.
    static func smallest(of sizes: [MachineSize], holding wanted: ResourceSpecification) -> MachineSize? {
        sizes.filter { $0.holds(wanted) }.min { ($0.gpu, $0.memory, $0.cpu) < ($1.gpu, $1.memory, $1.cpu) }
    }
}

extension MachineSize: CustomStringConvertible {
    var description: String {
        "\(name.excerpt) (\(cpu) cores, \(MemorySize.text(memory))\(gpu > 0 ? ", \(gpu) GPUs" : ""))"
    }
}

extension ResourceSpecification {
    /// `2.0 cores, 4 GB, 1 GPUs`.
    var wanted: String { "\(cpu) cores, \(MemorySize.text(memory))\(gpu > 0 ? ", \(gpu) GPUs" : "")" }
}
