import MultipleSpawner

/// A disk with what cloud-init reads at a machine's boot: its data source NoCloud, an ISO 9660 file system named `cidata`.
///
/// The machine's private host key is on it, so it prints as nothing.
struct SeedImage: Sendable {
    let bytes: [UInt8]

    private static let sector = 2048

    /// - Parameters:
    ///   - userData: cloud-init's text.
    ///   - machine: the name that stands for this machine, and none other.
    ///   - name: what it calls itself.
    ///   - network: cloud-init's description of its network; `nil`: its image's own way.
    init(userData: Secret, machine: String, name: String, network: JSONValue? = nil) {
        let metadata: JSONValue = ["instance-id": .string(machine), "local-hostname": .string(name)]
        var files = [
            ("meta-data", Array((metadata.text + "\n").utf8)), ("user-data", Array(userData.reveal().utf8)),
        ]
        if let network { files.insert(("network-config", Array((network.text + "\n").utf8)), at: 1) }
        bytes = Self.image(of: files)
    }

    /// - Parameter files: in the order of their names.
    private static func image(of files: [(name: String, content: [UInt8])]) -> [UInt8] {
        // Sectors: 16 for others, the volume, the end of its descriptors, its path tables in both byte orders, the only
        // directory, the files.
        let (tables, root, first) = ((low: 18, high: 19), 20, 21)
        var next = first
        var directory = record([0], at: root, count: sector, isDirectory: true)
        directory += record([1], at: root, count: sector, isDirectory: true)
        var data: [UInt8] = []
        for file in files {
            directory += record(Array(file.name.utf8), at: next, count: file.content.count, isDirectory: false)
            let padded = padded(file.content)
            data += padded
            next += padded.count / sector
        }
        var volume = [1] + Array("CD001".utf8) + [1, 0]
        volume += text("LINUX", 32) + text("cidata", 32)
        volume += zeros(8) + both(next) + zeros(32) + short(1) + short(1) + short(sector)
        volume += both(10) + low(tables.low) + zeros(4) + high(tables.high) + zeros(4)
        volume += record([0], at: root, count: sector, isDirectory: true)
        volume += text("", 128 * 4 + 37 * 3)
        // Made at no time, changed at no time.
        volume += (0..<4).flatMap { _ in Array("0000000000000000".utf8) + [0] } + [1]
        var image = zeros(16 * sector) + padded(volume) + padded([255] + Array("CD001".utf8) + [1])
        image += padded([1, 0] + low(root) + [1, 0, 0, 0])
        image += padded([1, 0] + high(root) + [0, 1, 0, 0])
        return image + padded(directory) + data
    }

    /// A directory's entry. Names are as they are: what reads the disk turns neither their case nor their hyphens.
    private static func record(_ name: [UInt8], at place: Int, count: Int, isDirectory: Bool) -> [UInt8] {
        var record = [0, 0] + both(place) + both(count) + zeros(7) + [isDirectory ? 2 : 0, 0, 0] + short(1)
        record += [UInt8(name.count)] + name
        if record.count % 2 == 1 { record.append(0) }
        record[0] = UInt8(record.count)
        return record
    }

    private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

    private static func padded(_ bytes: [UInt8]) -> [UInt8] {
        bytes + zeros((sector - bytes.count % sector) % sector)
    }

    private static func text(_ text: String, _ count: Int) -> [UInt8] {
        Array(text.utf8) + [UInt8](repeating: 0x20, count: count - text.utf8.count)
    }

    private static func low(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(value >> ($0 * 8) & 0xFF) } }

    private static func high(_ value: Int) -> [UInt8] { low(value).reversed() }

    /// In both byte orders, one after the other.
    private static func both(_ value: Int) -> [UInt8] { low(value) + high(value) }

    private static func short(_ value: Int) -> [UInt8] { low(value).prefix(2) + high(value).suffix(2) }
}

extension SeedImage: CustomStringConvertible, CustomReflectable {
    var description: String { "a seed of \(bytes.count) bytes" }
    var customMirror: Mirror { Mirror(self, children: []) }
}
