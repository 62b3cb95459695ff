/// The environment that a process was started with, as `/proc` has it.
struct ProcessEnvironment {
    private let bytes: [UInt8]

    /// `nil` when it may not be read, or the process is gone.
    init?(of pid: Int32) {
        guard let bytes = try? SystemFile.read("/proc/\(pid)/environ") else { return nil }
        self.init(bytes)
    }

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The first variable of that name.
    subscript(name: String) -> String? {
        let prefix = Array("\(name)=".utf8)
        var rest = bytes[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: 0) ?? rest.endIndex
            if rest[..<end].starts(with: prefix) {
                return String(decoding: rest[..<end].dropFirst(prefix.count), as: UTF8.self)
            }
            rest = rest[end...].dropFirst()
        }
        return nil
    }
}
