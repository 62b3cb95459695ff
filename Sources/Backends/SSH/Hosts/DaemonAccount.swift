import Glibc
import MultipleSpawner

/// What the daemon's own account has for SSH, where options say nothing.
struct DaemonAccount: Sendable {
    let home: String
    /// Where our own `known_hosts` is.
    let stateDirectory: String

    init(stateDirectory: String, home: String? = nil) {
        self.stateDirectory = stateDirectory
        self.home = home ?? getenv("HOME").map { String(cString: $0) } ?? LocalAccount.current()?.home ?? "/"
    }

    /// `~` is the daemon's own home, as in the originals.
    func resolve(_ path: String) -> String { LocalPlace.resolve(path, home: home) }

    /// The first that there is, the best kind first.
    var key: String? {
        ["id_ed25519", "id_ecdsa", "id_rsa"].map { "\(home)/.ssh/\($0)" }.first { access($0, R_OK) == 0 }
    }

    var agent: String? {
        getenv("SSH_AUTH_SOCK").map { String(cString: $0) }.flatMap { access($0, F_OK) == 0 ? $0 : nil }
    }

    /// Ours first, to which machines are added; then what the admin believes already.
    var knownHosts: [String] {
        ["\(stateDirectory)/known_hosts", "\(home)/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts"]
    }

    /// The certificate that belongs to a key by its name.
    func certificate(of key: String) -> String? {
        let path = key.hasSuffix(".pub") ? key : "\(key)-cert.pub"
        return access(path, F_OK) == 0 ? path : nil
    }
}
