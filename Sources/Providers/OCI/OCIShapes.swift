import MultipleSpawner
import Synchronization

/// The shapes that an availability domain has, remembered for an hour.
final class OCIShapes: Sendable {
    private struct Catalogue {
        let shapes: [OCIShape]
        let until: ContinuousClock.Instant
    }

    private let catalogues = Mutex<[String: Catalogue]>([:])

    /// What was learned last, for whoever does not want to wait.
    var known: [OCIShape] { catalogues.withLock { $0.values.flatMap(\.shapes) } }

    /// The smallest shape that holds what is wanted, of those that the options allow.
    ///
    /// - Throws: `invalid_request` where there is none.
    func portion(
        holding wanted: ResourceSpecification, _ options: OCIMachineOptions, in domain: String, of client: OCIClient,
        until deadline: ContinuousClock.Instant
    ) async throws -> OCIPortion {
        let all = try await shapes(in: domain, image: options.image, of: client, until: deadline)
        if let name = options.shape {
            guard let shape = all.first(where: { $0.name == name }) else {
                throw SpawnError(
                    .invalidRequest,
                    "there is no shape '\(name.excerpt)' in \(domain.excerpt) for that image; it has "
                        + all.map(\.name).sorted().prefix(20).map { "'\($0.excerpt)'" }.joined(separator: ", "))
            }
            return try options.portion(of: shape, holding: wanted)
        }
        let allowed = options.allowed(of: all)
        guard let found = OCIPortion.smallest(of: allowed, holding: wanted) else {
            throw SpawnError(
                .invalidRequest,
                "no shape in \(domain.excerpt) that is allowed has \(wanted.wanted); \(allowed.count) of \(all.count) are "
                    + "allowed, which 'instance.shapes' and 'instance.architecture' say")
        }
        return found
    }

    private func shapes(
        in domain: String, image: String?, of client: OCIClient, until deadline: ContinuousClock.Instant
    ) async throws -> [OCIShape] {
        let key = [client.place.region, client.compartment, domain, image ?? ""].joined(separator: " ")
        if let known = catalogues.withLock({ $0[key] }), known.until > .now { return known.shapes }
        var query = [(name: "availabilityDomain", value: domain)]
        if let image { query.append(("imageId", image)) }
        let found = try await client.list("shapes", query, until: deadline).compactMap { OCIShape($0) }
            .sorted { $0.name < $1.name }
        catalogues.withLock { $0[key] = Catalogue(shapes: found, until: .now + .seconds(3600)) }
        return found
    }
}
