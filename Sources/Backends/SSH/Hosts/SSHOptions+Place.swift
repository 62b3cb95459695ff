import MultipleSpawner

extension SSHOptions {
    /// Where and how one of the machines is reached for a user.
    ///
    /// What the session's credentials say wins over the template, and that over the daemon's own account.
    func place(
        on host: SSHHost, for identity: SessionIdentity, credentials: Credentials? = nil, _ account: DaemonAccount
    ) throws(SpawnError) -> SSHPlace {
        let name = try SSHAddress.account(host.address.user ?? user ?? credentials?.account ?? identity.user)
        let named = credentials?.keyFile ?? keyFile.map { account.resolve($0) }
        let usesAgent = named == nil && agent != nil
        let key = credentials?.password != nil || usesAgent ? nil : named ?? account.key
        let files = knownHosts.isEmpty ? account.knownHosts : knownHosts.map { account.resolve($0) }
        return SSHPlace(
            host: host.address.host, port: host.address.port ?? port, user: name, keyFile: key,
            certificate: credentials?.certificateFile ?? certificate.map { account.resolve($0) }
                ?? key.flatMap { account.certificate(of: $0) },
            agent: key == nil && credentials?.password == nil
                ? agent.map { account.resolve($0) } ?? account.agent : nil,
            knownHosts: (credentials?.knownHostsFile).map { [$0] + files } ?? files, acceptsNew: acceptsNew,
            jumps: jumps.map { .init(host: $0.host, port: $0.port ?? 22, user: $0.user ?? name) })
    }
}
