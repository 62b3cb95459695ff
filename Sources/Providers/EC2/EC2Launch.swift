import MultipleSpawner

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A machine that is to be made: all that is said about it in one call.
struct EC2Launch: Sendable {
    var options: EC2MachineOptions
    var image: EC2Image
    var type: String
    var tags: [(key: String, value: String)]
    /// cloud-init's text; it holds the machine's private host key.
    var userData: Secret

    /// The most that EC2 takes.
    static let mostUserData = 16384

    /// The parameters of `RunInstances`, the same for the same machine.
    ///
    /// - Parameter clientToken: what EC2 knows a repeated request by.
    func query(clientToken: String) throws(SpawnError) -> EC2Query {
        let data = Array(userData.reveal().utf8)
        guard data.count <= Self.mostUserData else {
            throw SpawnError(
                .invalidRequest,
                "what cloud-init is told has \(data.count) bytes, and EC2 takes \(Self.mostUserData); shorten 'cloud_init', "
                    + "or let it fetch the rest")
        }
        var query = EC2Query()
        query.set("ImageId", image.id)
        query.set("InstanceType", type)
        query.set("MinCount", "1")
        query.set("MaxCount", "1")
        query.set("ClientToken", clientToken)
        query.set("UserData", Data(data).base64EncodedString())
        query.set("KeyName", options.keyName)
        query.set("IamInstanceProfile.Name", options.instanceProfile)
        query.set("MetadataOptions.HttpTokens", options.allowsOldMetadata ? "optional" : "required")
        // What a user switches off within must not be gone for it.
        query.set("InstanceInitiatedShutdownBehavior", "stop")
        setNetwork(&query)
        setVolumes(&query)
        query.set("TagSpecification.1.ResourceType", "instance")
        query.tags("TagSpecification.1.Tag", tags)
        query.set("TagSpecification.2.ResourceType", "volume")
        query.tags("TagSpecification.2.Tag", tags)
        return query
    }

    private func setNetwork(_ query: inout EC2Query) {
        guard let hasPublicAddress = options.hasPublicAddress else {
            query.set("SubnetId", options.subnet)
            query.list("SecurityGroupId", options.securityGroups)
            return
        }
        query.set("NetworkInterface.1.DeviceIndex", "0")
        query.set("NetworkInterface.1.SubnetId", options.subnet)
        query.list("NetworkInterface.1.SecurityGroupId", options.securityGroups)
        query.set("NetworkInterface.1.AssociatePublicIpAddress", hasPublicAddress)
        query.set("NetworkInterface.1.DeleteOnTermination", true)
    }

    /// Every volume goes with the machine, whatever the image says: nobody else would ever remove it.
    private func setVolumes(_ query: inout EC2Query) {
        var volumes = image.volumes
        if options.disk != nil, let root = image.rootDevice, !volumes.contains(where: { $0.device == root }) {
            volumes.append(EC2Image.Volume(device: root, size: nil))
        }
        for (index, volume) in volumes.enumerated() {
            let name = "BlockDeviceMapping.\(index + 1)"
            let size = volume.device == image.rootDevice ? options.disk.map(String.init) : nil
            query.set("\(name).DeviceName", volume.device)
            query.set("\(name).Ebs.DeleteOnTermination", true)
            query.set("\(name).Ebs.VolumeSize", size ?? volume.size)
        }
    }
}
