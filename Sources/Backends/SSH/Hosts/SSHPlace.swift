import Glibc
import MultipleSpawner
import Transport

/// A machine, an account there and the way in: what a handle keeps of it. It holds no secret.
struct SSHPlace: Sendable, Hashable, Codable {
    var host: String
    var port: Int
    var user: String
    var keyFile: String?
    var certificate: String?
    /// The socket of an agent; with neither this nor a key there is a password, which is nowhere.
    var agent: String?
    var knownHosts: [String]
    var acceptsNew: Bool
    var jumps: [SSHAddressedPlace]

    /// A machine on the way.
    struct SSHAddressedPlace: Sendable, Hashable, Codable {
        var host: String
        var port: Int
        var user: String
    }

    /// - Parameter password: as the session's credentials have it.
    func target(password: Secret?) throws(SpawnError) -> SSHTarget {
        let credential: SSHCredential
        if let password {
            credential = .password(password)
        } else if let keyFile {
            credential = .key(file: keyFile, certificate: certificate, passphrase: nil)
        } else if let agent {
            credential = .agent(socket: agent)
        } else {
            throw SpawnError(
                .unauthorized,
                "nothing is known to log in with at \(self). Where its user came in with a password, that is forgotten when the "
                    + "daemon ends, and known again when they start a server there; else name a key in 'ssh_keyfile', or "
                    + "give the daemon's account one (ssh-keygen -t ed25519)")
        }
        let policy = HostKeyPolicy(files: knownHosts, acceptsNew: acceptsNew)
        let way = jumps.map {
            SSHTarget(host: $0.host, port: $0.port, user: $0.user, credential: credential, hostKeys: policy)
        }
        return SSHTarget(
            host: host, port: port, user: user, credential: credential, jumps: way, hostKeys: policy)
    }
}

extension SSHPlace: CustomStringConvertible {
    var description: String { "\(user.excerpt)@\(host.excerpt):\(port)" }
}
