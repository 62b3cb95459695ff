import MultipleSpawner
import Synchronization

/// The types of machines that a region has, remembered for an hour.
final class EC2Types: Sendable {
    private struct Catalogue {
        let sizes: [MachineSize]
        let until: ContinuousClock.Instant
    }

    private let catalogues = Mutex<[String: Catalogue]>([:])

    /// What was learned last, for whoever does not want to wait.
    var known: [MachineSize] { catalogues.withLock { $0.values.flatMap(\.sizes) } }

    /// The smallest type that holds what is wanted.
    ///
    /// - Throws: `invalid_request` where there is none.
    func smallest(
        holding wanted: ResourceSpecification, for image: EC2Image, _ options: EC2MachineOptions, of client: EC2Client,
        until deadline: ContinuousClock.Instant
    ) async throws -> MachineSize {
        let all = try await sizes(image.architecture, of: client, until: deadline)
        let allowed = options.allowed(of: all)
        guard let size = MachineSize.smallest(of: allowed, holding: wanted) else {
            let largest = allowed.max { ($0.gpu, $0.memory, $0.cpu) < ($1.gpu, $1.memory, $1.cpu) }
            throw SpawnError(
                .invalidRequest,
                "no type of machine in \(client.place.region) that is allowed has \(wanted.wanted)"
                    + (largest.map { "; the largest of them is \($0)" } ?? "; 'instance_types' fits none"))
        }
        return size
    }

    private func sizes(
        _ architecture: String, of client: EC2Client, until deadline: ContinuousClock.Instant
    ) async throws -> [MachineSize] {
        let key = "\(client.place.endpoint.url) \(client.place.region) \(architecture)"
        if let known = catalogues.withLock({ $0[key] }), known.until > .now { return known.sizes }
        var query = EC2Query()
        query.filters([
            ("processor-info.supported-architecture", [architecture]), ("bare-metal", ["false"]),
            ("supported-usage-class", ["on-demand"]),
        ])
        let items = try await client.pages("DescribeInstanceTypes", query, list: "instanceTypeSet", until: deadline)
        let sizes = items.compactMap { MachineSize(ec2: $0) }.sorted { $0.name < $1.name }
        catalogues.withLock { $0[key] = Catalogue(sizes: sizes, until: .now + .seconds(3600)) }
        return sizes
    }
}
