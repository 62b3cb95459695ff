import BackendContract
import Backends
import Configurers
import MultipleSpawner
import PluginContract
import Providers
import Transport

/// A program that is held to the promises of a plug-in, with what it is tried on.
struct PluginTrial: Sendable {
    let command: [String]
    let data: JSONValue
    let options: JSONValue
    let timeout: Double
    /// A server that a backend is asked to start; `nil`: a little one of Python.
    let server: [String]?
    let machine: String
    let account: String?
    /// Tells what is made now from what others made.
    private let installation = "plugin-test-\(UInt32.random(in: 0 ... .max))"

    init(
        command: [String], data: JSONValue, options: JSONValue, timeout: Double, server: [String]?, machine: String,
        account: String?
    ) {
        self.command = command
        self.data = data
        self.options = options
        self.timeout = timeout
        self.server = server
        self.machine = machine
        self.account = account
    }

    /// What the program serves as: the first kind of which it answers a question that makes nothing.
    ///
    /// - Throws: `invalid_request` where it answers none.
    func role() async throws -> PluginRole {
        let question: [String: JSONValue] = ["installation": .string(installation), "data": data, "options": options]
        for (role, action) in [(PluginRole.backend, "census"), (.provider, "census"), (.configurer, "examine")] {
            let program = try PluginProgram(role, command: command, timeout: timeout)
            if (try? await program.ask(action, question)) != nil { return role }
        }
        throw SpawnError(.invalidRequest, "'\(command[0].excerpt)' does not say what it serves as; name it with --kind")
    }

    /// Checks every promise, one after another.
    func check(_ role: PluginRole, telling tell: (Finding) -> Void) async throws {
        switch role {
        case .backend:
            let contract = try await backendContract()
            for promise in Promise.allCases { tell(await contract.check(promise)) }
        case .provider:
            let contract = try providerContract()
            for promise in ProviderPromise.allCases { tell(await contract.check(promise)) }
        case .authenticator:
            let contract = try authenticatorContract()
            for promise in AuthenticatorContract.Promise.allCases { tell(await contract.check(promise)) }
        case .configurer:
            let contract = try configurerContract()
            for promise in ConfigurerContract.Promise.allCases { tell(await contract.check(promise)) }
        }
    }

    private func bound(_ more: [String: JSONValue], to shape: ObjectShape) throws(SpawnError) -> JSONValue {
        let own: [String: JSONValue] = [
            "command": .array(command.map { .string($0) }), "data": data, "timeout": .number(timeout),
        ]
        return try shape.bind(.object(own.merging(more) { own, _ in own }))
    }

    private static let owner = Result { try SessionIdentity(hub: "plugin-test", user: "alice", server: "lab") }

    // MARK: Backends

    func backendContract() async throws -> BackendContract {
        let options = try bound(["options": options], to: ExecBackend.options)
        let make: @Sendable () async -> ExecBackend = { [installation] in
            let backend = ExecBackend(installation: installation)
            await backend.configured(by: [options])
            return backend
        }
        let server = server ?? ["python3", "-c", Self.littleServer]
        return BackendContract(
            await make(), restarted: { await make() },
            makePlan: { scenario, id in
                let command: [String]? =
                    switch scenario {
                    case .plain: server
                    case .failing: ["/bin/sh", "-c", "exit 4"]
                    case .slow: ["/bin/sh", "-c", "sleep 0.3; exec \"$@\"", "sh"] + server
                    case .ending(let status): ["/bin/sh", "-c", "exit \(status)"]
                    case .unreachable: nil
                    }
                guard let command else { return nil }
                return SessionPlan(
                    id: id, identity: try Self.owner.get(), template: "plugin-test", backend: ExecBackend.kind,
                    options: options,
                    environment: [
                        "PATH": Secret(HelperProgram.searchPath), "JUPYTERHUB_USER": "alice",
                        "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:0/user/alice/lab/",
                    ], command: command)
            })
    }

    private static let littleServer = """
        import os, socket, urllib.parse
        url = urllib.parse.urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
        family = socket.AF_INET6 if ":" in url.hostname else socket.AF_INET
        server = socket.socket(family)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((url.hostname, url.port))
        server.listen()
        print("it listens", flush=True)
        while True:
            server.accept()[0].close()
        """

    // MARK: Providers

    func providerContract() throws -> ProviderContract {
        let site = ProviderSite(
            name: "plugin-test", options: try bound([:], to: ExecProvider.options), installation: installation)
        let wishes = try ExecProvider.machineOptions.bind(["data": options])
        return ProviderContract(
            try ExecProvider(site), restarted: { try ExecProvider(site) },
            makeRequest: { token, session in
                MachineRequest(
                    token: token, installation: site.installation, session: session, identity: try Self.owner.get(),
                    options: wishes, authorizedKeys: [Self.publicKey])
            })
    }

    /// Nobody has its other half.
    private static let publicKey =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1KxqGfYfMiGJ1vHfFJ7cQ0hKJ6xW4jyF8mFqRk0a2b plugin-test"

    // MARK: Authenticators and configurers

    func authenticatorContract() throws -> AuthenticatorContract {
        let options = try bound([:], to: ProgramAuthenticator.options)
        let address = try address()
        return AuthenticatorContract(ProgramAuthenticator()) { session in
            AccessRequest(
                session: session, identity: try Self.owner.get(), options: options, machines: [address],
                lifetime: Lifetime(minutes: 60, maximum: 120))
        }
    }

    func configurerContract() throws -> ConfigurerContract {
        let options = try bound(["options": options], to: ExecConfigurer.options)
        let address = try address()
        return ConfigurerContract(ExecConfigurer(stateDirectory: "/nonexistent", environment: [:])) { session in
            Preparation(
                session: session, identity: try Self.owner.get(), options: options, written: options, machine: address,
                account: account, shell: NoShell())
        }
    }

    private func address() throws(SpawnError) -> MachineAddress {
        let parts = machine.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 2, let port = Int(parts[1]), (1...65535).contains(port) {
            return MachineAddress(host: String(parts[0]), port: port)
        }
        guard PluginProtocol.isHost(machine) else {
            throw SpawnError(.invalidRequest, "'\(machine.excerpt)' is no machine; write a name or an address")
        }
        return MachineAddress(host: machine)
    }
}

/// A program reaches the machine by itself, and needs no connection of ours.
private struct NoShell: RemoteShell {
    let place = "nowhere"

    func run(_ command: RemoteCommand) async throws -> RemoteAnswer {
        throw SpawnError(.unsupported, "there is no connection to the machine here")
    }

    func follow(_ command: RemoteCommand) async throws -> LogStream {
        throw SpawnError(.unsupported, "there is no connection to the machine here")
    }
}
