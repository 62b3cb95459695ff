extension MachineSize {
    /// `nil` for what lacks a name, cores or memory.
    init?(ec2 element: XMLElement) {
        guard let name = element.value("instanceType"),
            let cores = element.value("vCpuInfo", "defaultVCpus").flatMap({ Int($0) }),
            let mebibytes = element.value("memoryInfo", "sizeInMiB").flatMap({ Int($0) }),
            (0..<1 << 30).contains(mebibytes)
        else { return nil }
        let cards = element["gpuInfo"]?.items("gpus").compactMap { $0.value("count").flatMap { Int($0) } } ?? []
        self.init(name: name, cpu: Double(cores), memory: mebibytes << 20, gpu: cards.reduce(0) { $0 + min($1, 1024) })
    }
}
