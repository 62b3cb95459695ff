/// Writes the protocol's own encoding: what `SSHReader` reads.
struct SSHWriter {
    private(set) var bytes: [UInt8] = []

    mutating func number(_ value: UInt32) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func longNumber(_ value: UInt64) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func string(_ value: some Collection<UInt8>) {
        number(UInt32(value.count))
        bytes.append(contentsOf: value)
    }

    mutating func text(_ value: String) {
        string(Array(value.utf8))
    }

    /// A number of any size that is not negative, most significant byte first.
    mutating func bigNumber(_ value: some Collection<UInt8>) {
        let digits = value.drop { $0 == 0 }
        string((digits.first ?? 0) & 0x80 == 0 ? Array(digits) : [0] + digits)
    }

    mutating func append(_ value: some Sequence<UInt8>) {
        bytes.append(contentsOf: value)
    }

    static func encode(_ write: (inout SSHWriter) -> Void) -> [UInt8] {
        var writer = SSHWriter()
        write(&writer)
        return writer.bytes
    }
}
