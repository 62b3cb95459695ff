/// The most of each kind of hardware; `nil` where nobody set a bound.
public struct HardwareLimits: Sendable, Hashable {
    /// Bytes.
    public let memory: Int?
    /// Cores.
    public let cpu: Double?
    public let gpu: Int?

    public init(memory: Int? = nil, cpu: Double? = nil, gpu: Int? = nil) {
        self.memory = memory
        self.cpu = cpu
        self.gpu = gpu
    }

    /// What is taken for a number of cores, GPUs, minutes: beyond these somebody has mistaken the unit.
    static let cpuRange = 0.01...4096.0
    static let gpuRange = 0...1024
    static let lifetimeRange = 1...525_600

    static let fields = [
        Field("memory", .memory, "The most memory: a number of GB, or text such as \"512M\"."),
        Field("cpu", .number(cpuRange), "The most cores; fractions are allowed."),
        Field("gpu", .integer(gpuRange), "The most GPUs."),
    ]

    init(bound: JSONValue?) {
        self.init(
            memory: bound?["memory"]?.integerValue, cpu: bound?["cpu"]?.doubleValue, gpu: bound?["gpu"]?.integerValue)
    }
}
