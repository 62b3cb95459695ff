import Crypto
import MultipleSpawner

/// In which order machines are tried.
enum HostRanking {
    /// The same order for the same server each time; a machine that leaves or joins the list moves few.
    static func sticky(_ hosts: [SSHHost], for identity: SessionIdentity) -> [SSHHost] {
        hosts.map { host in
            let names = [identity.hub, identity.user, identity.server, host.text]
            let text = names.map { "\($0.utf8.count):\($0)" }.joined()
            return (Array(SHA256.hash(data: Array(text.utf8))), host)
        }
        .sorted { $0.0.lexicographicallyPrecedes($1.0) }
        .map(\.1)
    }

    /// Those with the least load first; those that say nothing last.
    static func leastLoaded(_ hosts: [(host: SSHHost, load: Double?)]) -> [SSHHost] {
        hosts.sorted { ($0.load ?? .infinity) < ($1.load ?? .infinity) }.map(\.host)
    }
}
