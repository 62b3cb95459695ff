/// What a machine is made from.
struct EC2Image: Sendable, Hashable {
    let id: String
    let name: String
    let architecture: String
    let rootDevice: String?
    /// What is made with a machine: the devices, and how many GB each has.
    let volumes: [Volume]
    let created: String

    struct Volume: Sendable, Hashable {
        let device: String
        let size: String?
    }

    init?(_ element: XMLElement) {
        guard let id = element.value("imageId") else { return nil }
        self.id = id
        name = element.value("name") ?? ""
        architecture = element.value("architecture") ?? "x86_64"
        rootDevice = element.value("rootDeviceName")
        volumes = element.items("blockDeviceMapping").compactMap { item in
            guard let volume = item["ebs"], let device = item.value("deviceName") else { return nil }
            return Volume(device: device, size: volume.value("volumeSize"))
        }
        created = element.value("creationDate") ?? ""
    }
}
