import MultipleSpawner

/// What a machine of ours carries in libvirt's own description of it.
enum LibvirtMetadata {
    static let namespace = "urn:multiplespawner:machine:1"
    /// libvirt writes the element with this before its name, where it is told to set one.
    static let prefix = "multiplespawner"

    static func node(_ tags: CloudTags) -> XMLNode {
        XMLNode(
            "machine", ["xmlns": namespace],
            tags.pairs("/").map { pair in
                XMLNode(String(pair.key.dropFirst(CloudTags.key("", "/").count)), text: pair.value)
            })
    }

    /// `nil` for what cannot be read.
    static func tags(_ text: String) -> CloudTags? {
        guard let element = try? XMLReader.read(Array(text.utf8)) else { return nil }
        let pairs = element.children.map { (CloudTags.key($0.name, "/"), $0.text) }
        return CloudTags(Dictionary(pairs, uniquingKeysWith: { first, _ in first }), "/")
    }
}
