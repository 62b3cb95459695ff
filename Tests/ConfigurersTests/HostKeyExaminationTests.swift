import MultipleSpawner
import Testing
import Transport

@testable import Configurers

/// Which machines are believed, with a real sshd.
@Suite(.timeLimit(.minutes(2))) struct HostKeyExaminationTests {
    private struct Site {
        let directory: TemporaryDirectory
        let machine: TestMachine
        let authenticator: SSHAuthenticator

        init() async throws {
            directory = try TemporaryDirectory()
            machine = try await TestMachine()
            authenticator = SSHAuthenticator(
                stateDirectory: directory.path, environment: ["HOME": directory.path + "/home"])
        }

        func prepare(_ options: JSONValue, session: String = "one") async throws -> Grant {
            let grants = Grants()
            let wanted = try AccessRequest.test(
                SSHAuthenticator.options.bind(options), session: session, machines: [machine.address])
            do {
                _ = try await authenticator.prepare(wanted, checkpoint: grants.checkpoint)
            } catch {
                for grant in grants.all { try await authenticator.cleanup(grant) }
                throw error
            }
            return try #require(grants.all.last)
        }

        var line: String { "[127.0.0.1]:\(machine.port) \(machine.hostKey) by a session\n" }
        var known: String? { directory.text("ssh/known_hosts") }

        func stop() async {
            await machine.stop()
            directory.remove()
        }
    }

    @Test func `a machine that is not known is refused, with what it shows`() async throws {
        let site = try await Site()
        let error = await #expect(throws: SpawnError.self) { try await site.prepare([:]) }
        #expect(error?.code == .forbidden && error?.message.contains(site.machine.hostKey.fingerprint) == true)
        #expect((site.known ?? "").isEmpty)
        await site.stop()
    }

    @Test func `a machine is believed by the key or the fingerprint that is given, and by no other`() async throws {
        let site = try await Site()
        let key = site.machine.hostKey
        for given in [key.fingerprint, "\(key)", "gpu-1 \(key) a comment"] {
            let grant = try await site.prepare(["host_key": .string(given)])
            #expect(site.known == site.line)
            try await site.authenticator.cleanup(grant)
            #expect(site.known == "")
        }
        for wrong in ["SHA256:AAAA", key.type, "ssh-rsa \(key.base64)"] {
            let error = await #expect(throws: SpawnError.self) {
                try await site.prepare(["host_key": .string(wrong), "accept_new_host_keys": true])
            }
            #expect(error?.code == .forbidden)
        }
        #expect(site.known == "")
        await site.stop()
    }

    @Test func `a new machine is believed where an admin allows it, until its last session is over`() async throws {
        let site = try await Site()
        let first = try await site.prepare(["accept_new_host_keys": "True"])
        // The second needs no leave of its own: ours know the machine.
        let second = try await site.prepare([:], session: "two")
        try await site.authenticator.cleanup(first)
        #expect(site.known == site.line)
        try await site.authenticator.cleanup(second)
        #expect(site.known == "")
        await site.stop()
    }

    @Test func `what an admin wrote down stays`() async throws {
        let site = try await Site()
        let port = site.machine.port
        try await site.authenticator.knownHosts.add(site.machine.hostKey, for: "127.0.0.1", port: port)
        let grant = try await site.prepare([:])
        try await site.authenticator.cleanup(grant)
        #expect(site.known == "[127.0.0.1]:\(port) \(site.machine.hostKey)\n")
        await site.stop()
    }

    @Test func `what is said of a key goes before what is on file`() async throws {
        let site = try await Site()
        let (port, key) = (site.machine.port, site.machine.hostKey)
        let other = try await SSHKeyFiles(directory: site.directory.path, name: "other").make(.ed25519, comment: "")
        let file = try site.directory.file("known_hosts", "[127.0.0.1]:\(port) \(other)\n")
        let grant = try await site.prepare(["host_key": .string(key.fingerprint)])
        #expect(site.known == site.line)
        try await site.authenticator.cleanup(grant)
        // Where the file says so, too, nobody asks.
        _ = try site.directory.file("known_hosts", "[127.0.0.1]:\(port) \(key)\n")
        _ = try await site.prepare(["host_key": .string(key.fingerprint)])
        #expect(site.known == "" && file.hasSuffix("known_hosts"))
        await site.stop()
    }

    @Test func `one machine of several that is known is enough`() async throws {
        let site = try await Site()
        let key = site.machine.hostKey
        let grants = Grants()
        let wanted = try AccessRequest.test(
            ["host_key": [.string("\(key)")]],
            machines: [MachineAddress(host: "127.0.0.1", port: 1), site.machine.address])
        _ = try await site.authenticator.prepare(wanted, checkpoint: grants.checkpoint)
        #expect(site.known == site.line)
        for grant in grants.all { try await site.authenticator.cleanup(grant) }
        #expect(site.known == "")
        await site.stop()
    }

    @Test func `a machine that the account or a further file knows is not asked`() async throws {
        let site = try await Site()
        let name = "[127.0.0.1]:\(site.machine.port)"
        let file = try site.directory.file("known", "\(name) \(site.machine.hostKey)\n")
        _ = try await site.prepare(["known_hosts": .string(file)])
        #expect((site.known ?? "").isEmpty)
        let authority = try site.directory.file("known", "@cert-authority * \(site.machine.hostKey)\n")
        _ = try await site.prepare(["known_hosts": .string(authority)])
        #expect((site.known ?? "").isEmpty)
        await site.stop()
    }

    @Test(arguments: ["a b", "", "-x", "a,b", "*"])
    func `what is no machine is refused before anything is made`(host: String) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let grants = Grants()
        await #expect(throws: SpawnError.self) {
            try await SSHAuthenticator(stateDirectory: directory.path, environment: ["HOME": directory.path]).prepare(
                .test(["accept_new_host_keys": true], machines: [MachineAddress(host: host)]),
                checkpoint: grants.checkpoint)
        }
        #expect(directory.names().isEmpty)
    }

    @Test func `doctor tells which machines are not known, and makes nothing`() async throws {
        let site = try await Site()
        let machines = [site.machine.address]
        let before = await site.authenticator.examine([:], machines: machines)
        #expect(before.map(\.level) == [.ok, .failed], "\(before)")
        #expect(before.last?.message.contains("host_key") == true)
        let told = await site.authenticator.examine(["host_key": ["SHA256:x"]], machines: machines)
        #expect(told.map(\.level) == [.ok, .ok])
        try await site.authenticator.knownHosts.add(
            site.machine.hostKey, for: "127.0.0.1", port: site.machine.port)
        #expect(await site.authenticator.examine([:], machines: machines).count == 1)
        #expect(site.directory.names("home").isEmpty)
        await site.stop()
    }

    @Test func `a revoked key is not believed at first sight`() async throws {
        let site = try await Site()
        let file = try site.directory.file("known", "@revoked * \(site.machine.hostKey)\n")
        await #expect(throws: SpawnError.self) {
            try await site.prepare(["known_hosts": .string(file), "accept_new_host_keys": true])
        }
        await site.stop()
    }
}
