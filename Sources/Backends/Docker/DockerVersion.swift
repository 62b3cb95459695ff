/// A version of Docker's API: `1.41`.
struct DockerVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    let major: Int
    let minor: Int

    /// That of Docker 20.10, the oldest engine that is spoken to.
    static let oldest = DockerVersion(major: 1, minor: 41)
    /// The newest whose answers are known. A newer engine speaks it too.
    static let newest = DockerVersion(major: 1, minor: 52)

    init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let major = Int(parts[0]), let minor = Int(parts[1]), major >= 0, minor >= 0 else {
            return nil
        }
        self.init(major: major, minor: minor)
    }

    var description: String { "\(major).\(minor)" }

    static func < (one: DockerVersion, other: DockerVersion) -> Bool {
        (one.major, one.minor) < (other.major, other.minor)
    }
}
