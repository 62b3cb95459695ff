import MultipleSpawner

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A machine that is to be made: all that is said about it in one call.
struct OCILaunch: Sendable {
    var compartment: String
    var domain: String
    var name: String
    var portion: OCIPortion
    var image: String
    var subnet: String
    var options: OCIMachineOptions
    var authorizedKeys: [String]
    var tags: [String: String]
    /// cloud-init's text; it holds the machine's private host key.
    var userData: Secret

    /// The most that the cloud takes of metadata, names included.
    static let mostMetadata = 32000

    /// The body of the request, the same for the same machine.
    func body() throws(SpawnError) -> JSONValue {
        var metadata = options.metadata
        if !authorizedKeys.isEmpty { metadata["ssh_authorized_keys"] = authorizedKeys.joined(separator: "\n") }
        metadata["user_data"] = Data(userData.reveal().utf8).base64EncodedString()
        let size = metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        guard size <= Self.mostMetadata else {
            throw SpawnError(
                .invalidRequest,
                "the machine's metadata with what cloud-init is told has \(size) bytes, and the cloud takes "
                    + "\(Self.mostMetadata); shorten 'cloud_init', or let it fetch the rest")
        }
        var source: [String: JSONValue] = ["sourceType": "image", "imageId": .string(image)]
        source["bootVolumeSizeInGBs"] = options.disk.map { .integer($0) }
        var card: [String: JSONValue] = ["subnetId": .string(subnet)]
        card["assignPublicIp"] = options.hasPublicAddress.map { .bool($0) }
        var body: [String: JSONValue] = [
            "compartmentId": .string(compartment), "availabilityDomain": .string(domain), "displayName": .string(name),
            "shape": .string(portion.shape), "sourceDetails": .object(source), "createVnicDetails": .object(card),
            "metadata": .object(metadata.mapValues { .string($0) }),
            "freeformTags": .object(tags.mapValues { .string($0) }),
            // Version 1 of the metadata service answers anybody who can make the machine fetch a URL.
            "instanceOptions": ["areLegacyImdsEndpointsDisabled": true],
        ]
        body["shapeConfig"] = portion.configuration
        return .object(body)
    }
}
