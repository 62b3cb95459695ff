/// What kind of machine a server runs on, in the words of the files.
public enum ResourceType: String, Sendable, Hashable, Codable, CaseIterable {
    case container
    case virtualMachine = "virtual_machine"
    case bareMetal = "bare_metal"

    /// What the form calls it.
    public var displayName: String {
        switch self {
        case .container: "Container"
        case .virtualMachine: "Virtual machine"
        case .bareMetal: "Bare metal machine"
        }
    }
}

/// How much hardware a session gets.
public struct ResourceSpecification: Sendable, Hashable, Codable {
    /// Memory in bytes. The files and the form speak of GB, which is 2^30 bytes there as in the original.
    public var memory: Int
    /// CPU in cores; fractions are allowed.
    public var cpu: Double
    /// Whole GPUs.
    public var gpu: Int

    public init(memory: Int = gibibyte, cpu: Double = 1, gpu: Int = 0) {
        self.memory = memory
        self.cpu = cpu
        self.gpu = gpu
    }

    /// The bytes in one GB of the files.
    public static let gibibyte = 1 << 30
}
