import MultipleSpawner

extension EC2Client {
    /// The image that the options mean: by its id, or the newest by its name.
    ///
    /// - Throws: `invalid_request` where there is none.
    func image(_ options: EC2MachineOptions, until deadline: ContinuousClock.Instant) async throws -> EC2Image {
        var query = EC2Query()
        let wanted: String
        switch try options.requiredImage() {
        case .id(let id):
            wanted = "image '\(id.excerpt)'"
            query.list("ImageId", [id])
        case .name(let pattern):
            wanted =
                "image with the name '\(pattern.excerpt)' for \(options.architecture.excerpt) of "
                + options.imageOwners.map { "'\($0.excerpt)'" }.joined(separator: ", ")
            query.list("Owner", options.imageOwners)
            query.filters([
                ("name", [pattern]), ("architecture", [options.architecture]), ("state", ["available"]),
                ("root-device-type", ["ebs"]),
            ])
        }
        let found = try await describe(query, until: deadline)
        guard let image = found.max(by: { ($0.created, $0.id) < ($1.created, $1.id) }) else {
            throw SpawnError(
                .invalidRequest, "there is no \(wanted) in \(place.region); set 'image' or 'image_name' to one that is")
        }
        return image
    }

    private func describe(_ query: EC2Query, until deadline: ContinuousClock.Instant) async throws -> [EC2Image] {
        do {
            return try await call("DescribeImages", query, until: deadline).items("imagesSet")
                .compactMap { EC2Image($0) }
        } catch let fault as CloudFault where fault.code.hasPrefix("InvalidAMIID") {
            return []
        }
    }
}
