import MultipleSpawner

/// A shape, and how much of it.
struct OCIPortion: Sendable, Hashable {
    var shape: String
    var cores: Double
    /// In GB.
    var memory: Double
    var gpu: Int
    /// Whether cores and memory are ours to say, as they are with a flexible shape.
    var isChosen: Bool

    /// The smallest of all: fewest GPUs, least memory, fewest cores; then the kind that is made for everything.
    static func smallest(of shapes: [OCIShape], holding wanted: ResourceSpecification) -> OCIPortion? {
        shapes.compactMap { $0.portion(for: wanted) }.min {
            ($0.gpu, $0.memory, $0.cores, $0.rank) < ($1.gpu, $1.memory, $1.cores, $1.rank)
        }
    }

    private var rank: Int { shape.hasPrefix("VM.Standard") ? 0 : shape.hasPrefix("VM.") ? 1 : 2 }

    /// What the cloud is told; `nil` where the shape says it all.
    var configuration: JSONValue? {
        guard isChosen else { return nil }
        return ["ocpus": .number(cores), "memoryInGBs": .number(memory)]
    }
}
