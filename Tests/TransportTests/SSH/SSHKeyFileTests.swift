import Glibc
import MultipleSpawner
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(2))) struct SSHKeyFileTests {
    private func files(_ directory: TemporaryDirectory, _ name: String = "alice_id") -> SSHKeyFiles {
        SSHKeyFiles(directory: directory.path + "/ssh", name: name)
    }

    @Test(arguments: [SSHKeyType.ed25519, .ecdsa, .rsa(bits: 3072)])
    func `a new key is one that OpenSSH reads, in private files`(type: SSHKeyType) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        let files = files(directory)
        let key = try await files.make(type, comment: "alice of the lab")
        let run = try await ToolRun.of(["ssh-keygen", "-y", "-f", files.privateFile])
        #expect(run.status == 0 && HostKey(line: run.text) == key, "\(run.text)")
        #expect(try directory.text("ssh/alice_id.pub") == "\(key) alice of the lab\n")
        let listed = try await ToolRun.of(["ssh-keygen", "-lf", files.publicFile])
        #expect(listed.text.contains(key.fingerprint) && listed.text.contains("alice of the lab"))
        #expect(try directory.mode("ssh") == 0o700)
        #expect(try directory.mode("ssh/alice_id") == 0o600)
        #expect(try directory.mode("ssh/alice_id.pub") == 0o644)
        #expect(try directory.names(under: "ssh") == ["alice_id", "alice_id.pub"])
        #expect(try await files.load()?.publicKey == key)
        #expect(try await files.loadPublicKey() == key)
    }

    @Test(arguments: [SSHKeyType.ed25519, .ecdsa, .rsa(bits: 3072)])
    func `a key opens a real sshd`(type: SSHKeyType) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        let files = files(directory)
        let key = try await files.make(type, comment: "")
        let server = try await KeyTestServer(authorized: ["\(key)"])
        defer { server.stop() }
        let run = try await server.ssh("-i", files.privateFile)
        #expect(run.status == 0 && run.text.contains("we are in"), "\(run.text) \(server.log)")
    }

    @Test(arguments: ["ed25519", "ecdsa", "rsa"])
    func `a key of ssh-keygen is read, and written so that it reads back`(type: String) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        let file = directory.path + "/key"
        for bits in type == "ecdsa" ? ["256", "384", "521"] : ["3072"] {
            unlink(file)
            #expect(
                try await ToolRun.of(["ssh-keygen", "-q", "-t", type, "-b", bits, "-N", "", "-C", "c", "-f", file])
                    .status == 0)
            let pair = try #require(try await SSHKeyFiles(directory: directory.path, name: "key").load())
            let copy = files(directory, "copy\(bits)")
            try await copy.store(pair)
            #expect(
                HostKey(line: try await ToolRun.of(["ssh-keygen", "-y", "-f", copy.privateFile]).text) == pair.publicKey
            )
        }
    }

    @Test func `an old RSA key in OpenSSL's format is known by its public half`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        let file = directory.path + "/key"
        #expect(
            try await ToolRun.of(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "", "-f", file])
                .status
                == 0)
        let key = try await SSHKeyFiles(directory: directory.path, name: "key").loadPublicKey()
        #expect(try key == HostKey(line: directory.text("key.pub")))
    }

    @Test func `there is no key before one is made, and none after it was removed`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        let files = files(directory)
        try await files.remove()
        #expect(try await files.load() == nil)
        _ = try await files.make(.ed25519, comment: "")
        try await files.remove()
        try await files.remove()
        #expect(try await files.load() == nil)
        #expect(try directory.names(under: "ssh").isEmpty)
    }

    @Test func `a key that others may read is refused`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        let files = files(directory)
        _ = try await files.make(.ed25519, comment: "")
        chmod(files.privateFile, 0o640)
        let error = await #expect(throws: SpawnError.self) { try await files.load() }
        #expect(error?.message.contains("chmod 600") == true)
    }

    @Test func `halves that do not belong together are refused, and a lost public half is made again`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        let (one, two) = (files(directory, "one"), files(directory, "two"))
        let key = try await one.make(.ed25519, comment: "one")
        _ = try await two.make(.ecdsa, comment: "two")
        unlink(two.publicFile)
        rename(one.publicFile, two.publicFile)
        await #expect(throws: SpawnError.self) { try await two.load() }
        #expect(try await one.load()?.publicKey == key)
        #expect(try directory.text("ssh/one.pub") == "\(key) one\n")
    }

    @Test(arguments: [
        "", "nothing", "-----BEGIN OPENSSH PRIVATE KEY-----\n-----END OPENSSH PRIVATE KEY-----\n",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----\n",
    ])
    func `a damaged key is refused`(text: String) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        _ = try directory.file("key", text)
        let files = SSHKeyFiles(directory: directory.path, name: "key")
        await #expect(throws: SpawnError.self) { try await files.load() }
        await #expect(throws: SpawnError.self) { try await files.loadPublicKey() }
    }

    @Test func `a key with a passphrase is told so`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        let file = directory.path + "/key"
        #expect(try await ToolRun.of(["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", file]).status == 0)
        let error = await #expect(throws: SpawnError.self) {
            try await SSHKeyFiles(directory: directory.path, name: "key").load()
        }
        #expect(error?.code == .unsupported && error?.message.contains("passphrase") == true)
    }

    @Test func `a private key is nobody else's at any instant, whatever the umask`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        let files = files(directory)
        _ = try await files.make(.ed25519, comment: "")
        // What looks at every file of the directory, as often as it can, while keys are made.
        let watcher = Task.watching(directory.path + "/ssh")
        for _ in 0..<20 { _ = try await files.make(.ed25519, comment: "") }
        watcher.cancel()
        #expect(await watcher.value.isEmpty)
    }

    @Test func `an RSA key that is too short is not made`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        let error = await #expect(throws: SpawnError.self) {
            try await files(directory).make(.rsa(bits: 2048), comment: "")
        }
        #expect(error?.message.contains("3072") == true)
    }
}

extension Task where Success == [String], Failure == Never {
    /// The files that hold a private key and are open to others, as they were met until it was cancelled.
    static func watching(_ path: String) -> Task<[String], Never> {
        Task { await look(path) }
    }

    private static func look(_ path: String) async -> [String] {
        var met: Set<String> = []
        while !Task<Never, Never>.isCancelled {
            let names = (try? PrivateDirectory(path).names()) ?? []
            for name in names where !name.contains(".pub") {
                var status = stat()
                if lstat("\(path)/\(name)", &status) == 0, status.st_mode & 0o077 != 0 { met.insert(name) }
            }
            await Task<Never, Never>.yield()
        }
        return met.sorted()
    }
}
