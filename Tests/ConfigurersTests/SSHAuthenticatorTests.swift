import Glibc
import MultipleSpawner
import Testing
import Transport

@testable import Configurers

/// With files of its own, and a real sshd where it takes one to tell.
@Suite(.timeLimit(.minutes(2))) struct SSHAuthenticatorTests {
    private func authenticator(_ directory: TemporaryDirectory, corc: String? = nil) -> SSHAuthenticator {
        var environment = ["HOME": directory.path + "/home"]
        environment["CORC_SSH_PATH"] = corc
        return SSHAuthenticator(stateDirectory: directory.path + "/state", environment: environment)
    }

    private func prepare(
        _ authenticator: SSHAuthenticator, _ wanted: AccessRequest
    ) async throws -> (credentials: Credentials, grant: Grant) {
        let grants = Grants()
        let bound = try SSHAuthenticator.options.bind(wanted.options)
        var wanted = wanted
        wanted.options = bound
        let credentials = try await authenticator.prepare(wanted, checkpoint: grants.checkpoint)
        return (credentials, try #require(grants.all.last))
    }

    @Test(
        arguments: [
            ([:], false), (["key_name": "k"], false), (["load_existing": false], false),
            (["load_existing": true], true),
            (["create_certificate": true], true), (["password": "p"], true), (["password": ""], false),
        ] as [(JSONValue, Bool)])
    func `a machine that stays is opened again by a key that stays, our authority, or a password`(
        options: JSONValue, opens: Bool
    ) throws {
        #expect(SSHAuthenticator.opensAgain(try SSHAuthenticator.options.bind(options)) == opens)
    }

    @Test func `a new key is made for the user, and is gone at the end`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let authenticator = authenticator(directory)
        let (credentials, grant) = try await prepare(authenticator, .test())
        let key = directory.path + "/home/.corc/ssh/alice_id_ed25519"
        #expect(credentials.keyFile == key && credentials.certificateFile == nil && credentials.account == nil)
        let machine = try await TestMachine(authorized: [try #require(credentials.publicKey)])
        try await KnownHostsFile(authenticator.knownHosts.path).add(
            machine.hostKey, for: "127.0.0.1", port: machine.port)
        #expect(try await machine.admits(credentials))
        await machine.stop()
        #expect(!grant.payload.contains("PRIVATE"))
        try await authenticator.cleanup(grant)
        try await authenticator.cleanup(grant)
        #expect(directory.names("home/.corc/ssh") == ["multiplespawner-leases", "multiplespawner-leases.lock"])
        #expect(directory.text("home/.corc/ssh/multiplespawner-leases") == "")
    }

    @Test func `a certificate of our authority opens a machine that trusts it, for the account alone`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let authenticator = authenticator(directory, corc: directory.path + "/keys")
        let authority = try await SSHCertificateAuthority.open(authenticator.authority)
        let machine = try await TestMachine(authority: "\(authority.publicKey)")
        let options: JSONValue = [
            "create_certificate": "True", "user": .string(machine.account),
            "host_key": .string(machine.hostKey.fingerprint),
            "certificate_kwargs": ["identity": "alice of the lab", "source_address": "127.0.0.0/8"],
        ]
        let (credentials, grant) = try await prepare(authenticator, .test(options, machines: [machine.address]))
        #expect(credentials.certificateFile == directory.path + "/keys/alice_id_ecdsa-cert.pub")
        #expect(try await machine.admits(credentials), "\(machine.directory.text("log") ?? "")")
        #expect(machine.directory.text("log")?.contains("alice of the lab") == true)
        let listed = try await HelperProgram(["ssh-keygen", "-L", "-f", try #require(credentials.certificateFile)])
            .run()
        #expect(listed.text.contains("source-address 127.0.0.0/8"))
        try await authenticator.cleanup(grant)
        #expect(directory.names("keys") == ["multiplespawner-leases", "multiplespawner-leases.lock"])
        // The same key for another account opens nothing.
        var wrong = options.objectValue ?? [:]
        wrong["certificate_kwargs"] = ["principals": ["nobody"]]
        let (refused, last) = try await prepare(authenticator, .test(.object(wrong), machines: [machine.address]))
        #expect(try await !machine.admits(refused))
        try await authenticator.cleanup(last)
        await machine.stop()
    }

    @Test func `a machine whose owner vouches for its key is known by that key, and by no other`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let authenticator = authenticator(directory)
        let machine = try await TestMachine(authorized: [])
        var wanted = try AccessRequest.test(machines: [machine.address])
        wanted.hostKeys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3nTgMyWBBdJwfdsY0Gxu0U4yFKvVZPrWdOuGmUPVmR"]
        let refused = await #expect(throws: SpawnError.self) { try await prepare(authenticator, wanted) }
        #expect(refused?.code == .forbidden)
        wanted.hostKeys = ["\(machine.hostKey)"]
        let (_, grant) = try await prepare(authenticator, wanted)
        let known = try await KnownHosts.read([authenticator.knownHosts.path])
        #expect(known.keys(for: "127.0.0.1", port: machine.port) == [machine.hostKey])
        try await authenticator.cleanup(grant)
        await machine.stop()
    }

    @Test func `a certificate is made anew, under a new serial, when half of its time is over`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let authenticator = authenticator(directory, corc: directory.path + "/keys")
        let options: JSONValue = [
            "create_certificate": true, "certificate_kwargs": ["validity": 10, "source_address": "127.0.0.0/8"],
        ]
        let (_, grant) = try await prepare(authenticator, .test(options))
        let files = SSHKeyFiles(directory: directory.path + "/keys", name: "alice_id_ecdsa")
        let first = try #require(try await files.loadCertificate())
        let grants = Grants()
        let wait = try #require(try await authenticator.renew(grant, checkpoint: grants.checkpoint))
        #expect((.seconds(290)...(.seconds(300))).contains(wait) && grants.all.isEmpty)
        #expect(try await files.loadCertificate() == first)
        // The same session, had it asked for a day: ten minutes are less than half of that.
        var aged: SSHGrant = try grant.decode()
        aged.certificate?.validity = 86_400
        let old = try Grant(aged, by: SSHAuthenticator.kind)
        #expect(try await authenticator.renew(old, checkpoint: grants.checkpoint) == .seconds(43_200))
        let second = try #require(try await files.loadCertificate())
        let renewed: SSHGrant = try #require(grants.all.last).decode()
        #expect(second.terms.serial == renewed.serial && second.terms.serial != first.terms.serial)
        #expect(second.terms.principals == ["alice"] && second.terms.sourceAddresses == ["127.0.0.0/8"])
        #expect(second.terms.validBefore > first.terms.validBefore + 80_000)
        // After the end nothing is left, and a renewal that comes late leaves nothing.
        try await authenticator.cleanup(try #require(grants.all.last))
        await #expect(throws: SpawnError.self) { try await authenticator.renew(old, checkpoint: grants.checkpoint) }
        #expect(directory.names("keys") == ["multiplespawner-leases", "multiplespawner-leases.lock"])
    }

    @Test(arguments: ["al ice", "alice,root", "-oX", "a@b"])
    func `a name that is no account gets no certificate, and no key`(name: String) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let grants = Grants()
        let error = await #expect(throws: SpawnError.self) {
            try await authenticator(directory).prepare(
                .test(["create_certificate": true], user: name), checkpoint: grants.checkpoint)
        }
        #expect(error?.code == .invalidRequest && error?.message.contains("'user'") == true)
        #expect(grants.all.isEmpty && directory.names().isEmpty)
    }

    @Test func `an existing key is used and kept`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let files = SSHKeyFiles(directory: directory.path + "/keys", name: "alice_id_rsa")
        let key = try await files.make(.ecdsa, comment: "her own")
        let authenticator = authenticator(directory)
        let options: JSONValue = [
            "load_existing": "True", "key_name": "alice_id_rsa", "ssh_dir_path": .string(directory.path + "/keys"),
        ]
        let (credentials, grant) = try await prepare(authenticator, .test(options))
        #expect(credentials.publicKey?.hasPrefix("\(key)") == true)
        try await authenticator.cleanup(grant)
        #expect(directory.names("keys") == ["alice_id_rsa", "alice_id_rsa.pub"])
        // And one is made where there is none, and kept.
        let (_, other) = try await prepare(authenticator, .test(options, user: "bob"))
        try await authenticator.cleanup(other)
        #expect(directory.names("keys") == ["alice_id_rsa", "alice_id_rsa.pub"])
    }

    @Test func `somebody's own key is neither overwritten nor removed`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let files = SSHKeyFiles(directory: directory.path + "/keys", name: "id")
        let key = try await files.make(.ed25519, comment: "mine")
        let authenticator = authenticator(directory, corc: directory.path + "/keys")
        let grants = Grants()
        let error = await #expect(throws: SpawnError.self) {
            try await authenticator.prepare(.test(["key_name": "id"]), checkpoint: grants.checkpoint)
        }
        #expect(error?.code == .conflict && error?.message.contains("load_existing") == true)
        for grant in grants.all { try await authenticator.cleanup(grant) }
        #expect(try await files.load()?.publicKey == key)
    }

    @Test func `two servers of one user share the key, which goes with the last`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let authenticator = authenticator(directory, corc: directory.path + "/keys")
        async let first = prepare(authenticator, .test(session: "one"))
        async let second = prepare(authenticator, .test(session: "two"))
        let (one, two) = try await (first, second)
        #expect(one.credentials == two.credentials)
        try await authenticator.cleanup(one.grant)
        #expect(try await SSHKeyFiles(directory: directory.path + "/keys", name: "alice_id_ed25519").load() != nil)
        try await authenticator.cleanup(two.grant)
        #expect(!directory.names("keys").contains("alice_id_ed25519"))
    }

    @Test func `preparing twice makes one key, and a new session gets a new one`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let authenticator = authenticator(directory, corc: directory.path + "/keys")
        let first = try await prepare(authenticator, .test())
        let again = try await prepare(authenticator, .test())
        #expect(first.credentials.publicKey == again.credentials.publicKey)
        try await authenticator.cleanup(again.grant)
        let next = try await prepare(authenticator, .test(session: "two"))
        #expect(next.credentials.publicKey != first.credentials.publicKey)
    }

    @Test func `nothing is made before it is written down, and every grant undoes it`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let authenticator = authenticator(directory, corc: directory.path + "/keys")
        let options: JSONValue = [
            "create_certificate": true, "allow_backauth": true, "backauth_permit_open": ["127.0.0.1:8081"],
        ]
        await #expect(throws: SpawnError.self) {
            try await authenticator.prepare(.test(options), checkpoint: Grants(fails: true).checkpoint)
        }
        #expect(directory.names("keys").isEmpty && directory.names("home").isEmpty)
        let grants = Grants()
        _ = try await authenticator.prepare(.test(options), checkpoint: grants.checkpoint)
        for grant in grants.all {
            try await authenticator.cleanup(grant)
            #expect(directory.names("keys") == ["multiplespawner-leases", "multiplespawner-leases.lock"])
            #expect(directory.text("home/.ssh/authorized_keys") == "")
            _ = try await authenticator.prepare(.test(options), checkpoint: grants.checkpoint)
        }
    }

    @Test func `the machine may connect through us where it is told, and do nothing else`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let authenticator = authenticator(directory, corc: directory.path + "/keys")
        let own = try directory.file("mine", "ssh-ed25519 AAAA somebody multiplespawner:one x\n")
        let options: JSONValue = [
            "allow_backauth": "yes", "backauth_permit_open": ["127.0.0.1:8081"], "authorized_keys": .string(own),
        ]
        let (credentials, grant) = try await prepare(authenticator, .test(options))
        let text = try #require(directory.text("mine"))
        let line = String(try #require(text.split(separator: "\n").last))
        #expect(
            line.hasPrefix(#"restrict,port-forwarding,permitopen="127.0.0.1:8081",command="/bin/false" ssh-ed25519 "#))
        // The line is one that sshd takes: the key logs in, and gets no command.
        let machine = try await TestMachine(authorized: [line])
        try await KnownHostsFile(authenticator.knownHosts.path).add(
            machine.hostKey, for: "127.0.0.1", port: machine.port)
        let answer = try await HelperProgram(machine.arguments(credentials) + ["echo we are in"]).run()
        #expect(answer.status == 1 && answer.text.isEmpty)
        #expect(machine.directory.text("log")?.contains("Accepted publickey") == true)
        await machine.stop()
        try await authenticator.cleanup(grant)
        #expect(directory.text("mine") == "ssh-ed25519 AAAA somebody multiplespawner:one x\n")
        for places in [[], ["8081"], ["a\" x:1"], ["h:99999"]] as [[JSONValue]] {
            await #expect(throws: SpawnError.self) {
                try await prepare(
                    authenticator, .test(["allow_backauth": true, "backauth_permit_open": .array(places)]))
            }
        }
    }

    @Test func `a password needs no key, and is in no grant`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let (credentials, grant) = try await prepare(authenticator(directory), .test(["password": "s3cr3t"]))
        #expect(credentials.password?.reveal() == "s3cr3t" && credentials.keyFile == nil)
        #expect(!grant.payload.contains("s3cr3t") && !"\(credentials)".contains("s3cr3t"))
    }

    @Test func `options that are not known or do not fit are told`() throws {
        for (options, word) in [
            (["key_nam": "x"], "'key_name'"), (["certificate_kwargs": ["identiti": "x"]], "'identity'"),
            (["load_existing": "perhaps"], "load_existing"), (["size": 0], "size"), (["key_type": "dsa"], "key_type"),
        ] as [(JSONValue, String)] {
            let error = #expect(throws: SpawnError.self) { try SSHAuthenticator.options.bind(options) }
            #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
        }
    }

    @Test(arguments: ["alice", "a.b@c_d-1"])
    func `a plain name is kept`(name: String) {
        #expect(KeyName.safe(name) == name)
    }

    @Test func `any other name becomes a safe one of its own`() {
        let names = [
            "", ".", "..", "-x", "a b", "a_b ", "ä", "a/b", "a+b", "a_b+", String(repeating: "x", count: 200), "x.pub",
            "a\u{0}b", "Ж", "a\nb", ".hidden", "x.lock",
        ]
        let safe = names.map(KeyName.safe)
        #expect(Set(safe).count == names.count)
        for name in safe {
            #expect(name.utf8.count < 120 && !name.hasPrefix(".") && !name.hasPrefix("-") && name.contains("+"))
            #expect(name.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "/") })
            // What is safe once is another name when somebody is called so.
            #expect(KeyName.safe(name) != name)
        }
    }
}
