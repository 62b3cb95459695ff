public import MultipleSpawner
import Transport

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Makes SSH keys for sessions, certifies them, and sees to it that machines are the ones that they should be.
///
/// What several sessions of one user share, a key or a machine that is known, goes with the last of them.
public struct SSHAuthenticator: Authenticator {
    public static let kind: AuthenticatorKind = "ssh"
    /// Our own name first; then the original's.
    public static let classes = ["multiplespawner.SSHKeys", "corc.authenticator.SSHAuthenticator"]
    public static let options = SSHAuthenticatorOptions.shape
    public static let positionalOptions = ["load_existing"]

    /// A key of our own making goes with the user's last session, and a machine that stays knows that key alone. What a
    /// machine may trust besides is our authority, or a password.
    public static func opensAgain(_ options: JSONValue) -> Bool {
        options["load_existing"]?.boolValue == true || options["create_certificate"]?.boolValue == true
            || options["password"]?.filledString != nil
    }

    let stateDirectory: String
    let environment: [String: String]

    /// - Parameters:
    ///   - stateDirectory: of this daemon's own. Its folder `ssh` has the authority's key and what sessions know of hosts.
    ///   - environment: HOME and CORC_SSH_PATH.
    public init(stateDirectory: String, environment: [String: String]) {
        self.stateDirectory = stateDirectory
        self.environment = environment
    }

    private var directory: String { stateDirectory + "/ssh" }

    public func prepare(_ wanted: AccessRequest, checkpoint: GrantCheckpoint) async throws -> Credentials {
        var options = try SSHAuthenticatorOptions(wanted.options)
        // What the machine's owner vouches for is as good as what an admin wrote.
        options.hostKeys += wanted.hostKeys
        let account = options.account ?? wanted.identity.user
        let principals = options.certificate.map { $0.principals.isEmpty ? [account] : $0.principals } ?? []
        for principal in principals { try SSHAuthenticatorOptions.checkAccount(principal) }
        var grant = SSHGrant(session: wanted.session, key: try key(options, wanted), machines: [])
        if let back = options.backAuthorization {
            grant.authorizedKeys = try path(back.file ?? "~/.ssh/authorized_keys")
        }
        if let terms = options.certificate {
            grant.serial = Self.newSerial()
            grant.certificate = SSHGrant.Certificate(
                keyID: terms.identity ?? "multiplespawner \(wanted.identity.label) \(wanted.session.rawValue)",
                principals: principals, sourceAddresses: terms.sourceAddresses,
                permitsTerminal: terms.permitsTerminal, validity: Self.validity(terms, wanted))
        }
        let examination = HostKeyExamination(authenticator: self, options: options)
        grant.machines = try await examination.unknown(wanted.machines)
        // From here on something is made; all of it is named in the grant.
        try await checkpoint(Grant(grant, by: Self.kind))
        if !grant.machines.isEmpty { await checkpoint.report("looking at the machine's host key") }
        try await examination.introduce(grant.machines, of: wanted.machines, to: wanted.session)
        var credentials = Credentials(
            account: options.account, password: options.password, knownHostsFile: knownHosts.path)
        guard let key = grant.key else { return credentials }
        let files = SSHKeyFiles(directory: key.directory, name: key.name)
        let publicKey = try await makeKey(key, options, wanted, checkpoint)
        credentials.keyFile = files.privateFile
        credentials.publicKey = "\(publicKey) \(Self.comment(for: wanted.identity))"
        credentials.certificateFile = try await certify(publicKey, files, grant, options)
        if let file = grant.authorizedKeys, let back = options.backAuthorization {
            try await AuthorizedKeys(file).add(publicKey, for: wanted.session, permitOpen: back.permitOpen)
        }
        return credentials
    }

    public func cleanup(_ grant: Grant) async throws {
        let grant: SSHGrant = try grant.decode()
        if let file = grant.authorizedKeys { try await AuthorizedKeys(file).remove(grant.session) }
        try await FileWork.run { () throws(SpawnError) in
            for machine in grant.machines {
                try hostLeases.give("\(machine)", by: grant.session) { () throws(SpawnError) in
                    try knownHosts.remove(machine.host, port: machine.port)
                }
            }
            guard let key = grant.key, !key.isKept else { return }
            try keyLeases(key).give(key.name, by: grant.session) { () throws(SpawnError) in
                try SSHKeyFiles(directory: key.directory, name: key.name).remove()
            }
        }
    }

    /// Where our authority's key is; a machine needs the line of the `.pub` file.
    var authority: SSHKeyFiles { SSHKeyFiles(directory: directory, name: "ca") }

    /// The machines that sessions were introduced to.
    var knownHosts: KnownHostsFile { KnownHostsFile(directory + "/known_hosts") }

    var hostLeases: LeaseFile { LeaseFile(path: directory + "/leases") }

    func keyLeases(_ key: SSHGrant.Key) -> LeaseFile { LeaseFile(path: key.directory + "/multiplespawner-leases") }

    /// Begins the comment of every key that is made here. Others are never overwritten, nor removed.
    static let mark = "multiplespawner "

    /// The comment of a user's key. It goes to other machines, in files of all sorts: there is nothing to quote in it.
    static func comment(for identity: SessionIdentity) -> String { mark + KeyName.safe(identity.user) }

    private func key(_ options: SSHAuthenticatorOptions, _ wanted: AccessRequest) throws(SpawnError) -> SSHGrant.Key? {
        let isWanted = options.password == nil || options.keyName != nil || options.certificate != nil
        guard isWanted else { return nil }
        let type =
            switch options.keyType {
            case .ed25519: "ed25519"
            case .ecdsa: "ecdsa"
            case .rsa: "rsa"
            }
        let name = options.keyName ?? "\(wanted.identity.user)_id_\(type)"
        let directory = environment["CORC_SSH_PATH"].flatMap { $0.isEmpty ? nil : $0 } ?? options.directory
        return SSHGrant.Key(
            directory: try path(directory ?? "~/.corc/ssh"), name: KeyName.safe(name), isKept: options.loadsExisting)
    }

    /// An absolute path, `~` expanded.
    func path(_ text: String) throws(SpawnError) -> String {
        let home = environment["HOME"] ?? ""
        let path = text == "~" || text.hasPrefix("~/") ? home + text.dropFirst() : text
        guard path.hasPrefix("/"), !path.unicodeScalars.contains(where: \.isControl),
            !path.split(separator: "/").contains("..")
        else {
            throw SpawnError(.invalidRequest, "'\(text.excerpt)' is no absolute path; begin it with / or ~/")
        }
        return path
    }
}
