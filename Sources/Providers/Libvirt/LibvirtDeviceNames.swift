/// The names of disks that a machine has left: `vdb`, `vdc`.
struct LibvirtDeviceNames: Sendable {
    private let start: Substring
    private var used: Set<String>
    private var letters = Array("abcdefghijklmnopqrstuvwxyz")[...]

    init(_ options: LibvirtMachineOptions) {
        start = options.diskDevice.dropLast()
        used = Set([options.diskDevice] + options.extraDisks.compactMap(\.device))
    }

    /// The next one; there are 26, and libvirt refuses what is used twice.
    mutating func next() -> String {
        while let letter = letters.popFirst() {
            let name = "\(start)\(letter)"
            if used.insert(name).inserted { return name }
        }
        return "\(start)z"
    }
}
