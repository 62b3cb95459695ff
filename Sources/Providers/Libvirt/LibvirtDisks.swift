import MultipleSpawner

/// The disks of a machine, as libvirt is asked to make them.
struct LibvirtDisks: Sendable {
    let token: MachineToken
    let options: LibvirtMachineOptions

    /// Its own disk: what it changes, over the image, which is only read.
    func own(over image: String) throws(SpawnError) -> String {
        var parts = [XMLNode("name", text: token.diskVolume)]
        if let disk = options.disk { parts.append(XMLNode("capacity", ["unit": "GiB"], text: "\(disk)")) }
        parts.append(XMLNode("target", [XMLNode("format", ["type": "qcow2"]), Self.forNobodyElse]))
        // The format is said: what a machine writes at the beginning of a raw disk must not be believed.
        let base = [XMLNode("path", text: image), XMLNode("format", ["type": options.imageFormat])]
        parts.append(XMLNode("backingStore", base))
        return try XMLNode("volume", parts).text()
    }

    /// What it is told.
    func seed(_ content: SeedImage) throws(SpawnError) -> String {
        let size = "\(content.bytes.count)"
        return try XMLNode(
            "volume",
            [
                XMLNode("name", text: token.seedVolume), XMLNode("capacity", ["unit": "bytes"], text: size),
                XMLNode("allocation", ["unit": "bytes"], text: size),
                XMLNode("target", [XMLNode("format", ["type": "raw"]), Self.forNobodyElse]),
            ]
        ).text()
    }

    /// libvirt gives the file to the machine's process as long as that runs, and takes it back then.
    private static var forNobodyElse: XMLNode { XMLNode("permissions", [XMLNode("mode", text: "0600")]) }
}
