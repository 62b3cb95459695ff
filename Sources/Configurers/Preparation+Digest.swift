import Crypto
import MultipleSpawner
import Transport

extension Preparation {
    /// A digest of what is applied and of the machine that it is applied to: a machine that was set up anew has other keys.
    func digest(of parts: [String: JSONValue]) async throws -> String {
        var parts = parts
        if let file = credentials?.knownHostsFile {
            let known = try await KnownHosts.read([file]).keys(for: machine.host, port: machine.port)
            parts["host keys"] = .array(known.map { .string($0.fingerprint) })
        }
        let text = JSONValue.object(parts).text
        return SHA256.hash(data: Array(text.utf8)).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }
}
