import MultipleSpawner

/// Which EC2 is spoken to.
struct EC2Place: Sendable, Hashable {
    let region: String
    let endpoint: CloudEndpoint

    /// - Parameter endpoint: where it is asked; `nil`: where Amazon has it for that region.
    init(region: String, endpoint: String? = nil) throws(SpawnError) {
        try RegionName.check(region, such: "eu-north-1")
        self.region = region
        let domain = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        self.endpoint = try CloudEndpoint(endpoint ?? "https://ec2.\(region).\(domain)")
    }
}
