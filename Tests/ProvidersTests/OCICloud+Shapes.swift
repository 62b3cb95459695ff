import MultipleSpawner

extension OCICloud {
    static let shapes: [JSONValue] = [
        ["shape": "BM.Standard2.52", "ocpus": 52, "memoryInGBs": 768, "processorDescription": "Intel"],
        ["shape": "VM.Standard2.1", "ocpus": 1, "memoryInGBs": 15, "processorDescription": "Intel"],
        ["shape": "VM.GPU3.1", "ocpus": 6, "memoryInGBs": 90, "gpus": 1, "processorDescription": "Intel"],
        flexible("VM.Standard.A1.Flex", "3.0 GHz Ampere Altra"), flexible("VM.Standard.E4.Flex", "2.55 GHz AMD EPYC"),
        flexible("VM.Optimized3.Flex", "Intel"),
    ]

    private static func flexible(_ name: String, _ processor: String) -> JSONValue {
        [
            "shape": .string(name), "ocpus": 1, "memoryInGBs": 16, "gpus": 0,
            "processorDescription": .string(processor),
            "isFlexible": true, "ocpuOptions": ["min": 1, "max": 64],
            "memoryOptions": ["minInGBs": 1, "maxInGBs": 1024, "minPerOcpuInGBs": 1, "maxPerOcpuInGBs": 64],
        ]
    }
}
