import MultipleSpawner

/// A shape: a type of machine, with what is in it, or between which bounds that is chosen.
struct OCIShape: Sendable, Hashable {
    /// The bounds of a flexible one.
    struct Flexibility: Sendable, Hashable {
        var cores: ClosedRange<Double>
        /// In GB.
        var memory: ClosedRange<Double>
        /// In GB for each core.
        var memoryPerCore: ClosedRange<Double>
    }

    let name: String
    let cores: Double
    /// In GB.
    let memory: Double
    let gpu: Int
    let isARM: Bool
    let flexibility: Flexibility?

    /// `nil` for what lacks a name.
    init?(_ value: JSONValue) {
        guard let name = value["shape"]?.filledString else { return nil }
        self.name = name
        cores = value["ocpus"]?.doubleValue ?? 0
        memory = value["memoryInGBs"]?.doubleValue ?? 0
        gpu = max(0, min(value["gpus"]?.integerValue ?? 0, 1024))
        let processor = (value["processorDescription"]?.stringValue ?? "").lowercased()
        isARM = ["ampere", "altra", "arm"].contains { processor.contains($0) } || name.contains(".A1.")
        flexibility = Self.flexibility(value)
    }

    private static func flexibility(_ value: JSONValue) -> Flexibility? {
        guard let cores = range(value["ocpuOptions"], "min", "max", upTo: 1e6),
            let memory = range(value["memoryOptions"], "minInGBs", "maxInGBs", upTo: 1e6)
        else { return nil }
        let perCore = range(value["memoryOptions"], "minPerOcpuInGBs", "maxPerOcpuInGBs", upTo: 1e6)
        return Flexibility(cores: cores, memory: memory, memoryPerCore: perCore ?? 0...1e6)
    }

    private static func range(
        _ value: JSONValue?, _ least: String, _ most: String, upTo bound: Double
    ) -> ClosedRange<Double>? {
        guard let least = value?[least]?.doubleValue, let most = value?[most]?.doubleValue, least >= 0, most >= least,
            most <= bound
        else { return nil }
        return least...most
    }

    /// As much of it as holds what is wanted; `nil` where it does not.
    func portion(for wanted: ResourceSpecification) -> OCIPortion? {
        let gigabytes = Double(wanted.memory) / Double(ResourceSpecification.gibibyte)
        guard gpu >= wanted.gpu else { return nil }
        guard let flexibility else {
            guard cores >= wanted.cpu, memory >= gigabytes else { return nil }
            return OCIPortion(shape: name, cores: cores, memory: memory, gpu: gpu, isChosen: false)
        }
        // Cores and memory are bound to each other, both in whole numbers.
        var count = max(wanted.cpu, flexibility.cores.lowerBound).rounded(.up)
        if flexibility.memoryPerCore.upperBound > 0 {
            count = max(count, (gigabytes / flexibility.memoryPerCore.upperBound).rounded(.up))
        }
        let size = max(gigabytes, flexibility.memory.lowerBound, count * flexibility.memoryPerCore.lowerBound).rounded(
            .up)
        guard count <= flexibility.cores.upperBound, size <= flexibility.memory.upperBound,
            size <= count * flexibility.memoryPerCore.upperBound
        else { return nil }
        return OCIPortion(shape: name, cores: count, memory: size, gpu: gpu, isChosen: true)
    }
}
