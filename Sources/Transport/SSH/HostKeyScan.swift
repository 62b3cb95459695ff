import MultipleSpawner

/// Asks a machine for its host keys, as `ssh-keyscan` does. What it says proves nothing until it is compared.
public struct HostKeyScan: Sendable {
    public let host: String
    public let port: Int
    public var limit: Duration

    public init(host: String, port: Int = 22, limit: Duration = .seconds(10)) {
        self.host = host
        self.port = port
        self.limit = limit
    }

    /// The types in the order in which they are preferred: what one key is chosen by where a machine has several.
    public static let preferredTypes = [
        "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
    ]

    /// All keys that the machine has, the preferred first.
    ///
    /// - Throws: `unavailable` where it does not answer.
    public func keys() async throws -> [HostKey] {
        // A name that begins with a dash would be an option.
        guard !host.isEmpty, host.utf8.first != UInt8(ascii: "-"), (1...65535).contains(port) else {
            throw SpawnError(.invalidRequest, "'\(host.excerpt)' is no machine; give a name or an address")
        }
        let seconds = max(1, limit.components.seconds / 2)
        let program = HelperProgram(
            ["ssh-keyscan", "-T", String(seconds), "-t", "ed25519,ecdsa,rsa", "-p", String(port), host], limit: limit)
        let answer = try await program.run()
        let keys = answer.text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
            // The name that it was asked by comes first.
            line.firstIndex(of: " ").flatMap { HostKey(line: String(line[$0...])) }
        }
        guard !keys.isEmpty else {
            throw SpawnError(
                .unavailable, "'\(host.excerpt)' port \(port) shows no host key; see whether its sshd runs")
        }
        return keys.sorted { rank($0) < rank($1) }
    }

    private func rank(_ key: HostKey) -> Int {
        Self.preferredTypes.firstIndex(of: key.type) ?? Self.preferredTypes.count
    }
}
