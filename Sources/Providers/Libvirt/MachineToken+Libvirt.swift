import MultipleSpawner

extension MachineToken {
    /// The machine's id at libvirt: the same for the same token, so that what is defined twice is one machine.
    var uuid: String {
        var digits = Array(rawValue.utf8.dropFirst(3))
        // It says of itself that it is a random one (RFC 4122, version 4).
        digits[12] = UInt8(ascii: "4")
        digits[16] = Array("89ab".utf8)[Int((digits[16].hexadecimalValue ?? 0) & 3)]
        let text = String(decoding: digits, as: UTF8.self)
        var parts: [Substring] = []
        var rest = Substring(text)
        for length in [8, 4, 4, 4, 12] {
            parts.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return parts.joined(separator: "-")
    }

    /// The address of the card number `number`, from those that QEMU's machines have.
    func card(_ number: Int = 0) -> String {
        let digits = Array(rawValue.utf8.suffix(6))
        let value = digits.reduce(0) { $0 << 4 | Int($1.hexadecimalValue ?? 0) } + number
        let bytes = [value >> 16 & 0xFF, value >> 8 & 0xFF, value & 0xFF].map { UInt8($0).hexadecimal }
        return "52:54:00:" + bytes.joined(separator: ":")
    }

    /// The machine's own disk in the pool.
    var diskVolume: String { "\(rawValue).qcow2" }

    /// What the machine is told at its first boot.
    var seedVolume: String { "\(rawValue)-seed.iso" }
}

extension UInt8 {
    fileprivate var hexadecimalValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
