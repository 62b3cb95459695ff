import MultipleSpawner

/// Which part of Oracle's cloud is spoken to.
struct OCIPlace: Sendable, Hashable {
    /// The interfaces that are spoken to.
    enum Service: String, Sendable, Hashable {
        case compute = "iaas"
        case identity
    }

    let region: String
    /// Both interfaces at another place than Oracle's.
    private let endpoint: CloudEndpoint?
    private let usual: [Service: CloudEndpoint]

    /// - Parameter endpoint: where it is asked; `nil`: where Oracle has it for that region.
    init(region: String, endpoint: String? = nil) throws(SpawnError) {
        try RegionName.check(region, such: "eu-frankfurt-1")
        self.region = region
        var other: CloudEndpoint?
        if let endpoint { other = try CloudEndpoint(endpoint) }
        self.endpoint = other
        var usual: [Service: CloudEndpoint] = [:]
        for service in [Service.compute, .identity] {
            usual[service] = try CloudEndpoint("https://\(service.rawValue).\(region).oraclecloud.com")
        }
        self.usual = usual
    }

    func endpoint(_ service: Service) throws(SpawnError) -> CloudEndpoint {
        guard let found = endpoint ?? usual[service] else {
            throw SpawnError(.internal, "there is no endpoint for '\(service.rawValue)'")
        }
        return found
    }
}
