import FoundationEssentials
import MultipleSpawner
import Testing

@testable import Transport

/// With `ssh-keygen -L`, and at a real sshd that trusts the authority.
@Suite(.timeLimit(.minutes(2))) struct SSHCertificateTests {
    private let now = UInt64(Date().timeIntervalSince1970)

    private func authority(_ directory: TemporaryDirectory) async throws -> SSHCertificateAuthority {
        try await SSHCertificateAuthority.open(SSHKeyFiles(directory: directory.path + "/ca", name: "ca"))
    }

    private func terms(_ principals: [String]) -> SSHCertificate.Terms {
        SSHCertificate.Terms(
            keyID: "multiplespawner alice attempt-1", serial: 42, principals: principals, validAfter: now - 60,
            validBefore: now + 3600)
    }

    @Test func `an authority's key is made once, and is private`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        let keys = try await withThrowingTaskGroup(of: SSHPublicKey.self) { group in
            for _ in 0..<8 { group.addTask { try await authority(directory).publicKey } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(keys.count == 1)
        #expect(try directory.mode("ca") == 0o700)
        #expect(try directory.mode("ca/ca") == 0o600)
        #expect(try directory.names(under: "ca") == ["ca", "ca.pub"])
        #expect(try directory.text("ca/ca.pub").contains("multiplespawner certificate authority"))
    }

    @Test(arguments: [SSHKeyType.ed25519, .ecdsa, .rsa(bits: 3072)])
    func `ssh-keygen reads the terms that were signed`(type: SSHKeyType) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        let authority = try await authority(directory)
        let files = SSHKeyFiles(directory: directory.path, name: "key")
        let key = try await files.make(type, comment: "")
        var terms = terms(["alice", "lab"])
        terms.sourceAddresses = ["10.0.0.0/8", "127.0.0.1"]
        terms.permitsTerminal = true
        let certificate = try authority.certify(key, terms)
        try await files.store(certificate)
        let run = try await ToolRun.of(["ssh-keygen", "-L", "-f", files.certificateFile])
        #expect(run.status == 0)
        for line in [
            "user certificate", "Signing CA: ED25519 \(authority.publicKey.fingerprint)", key.fingerprint,
            "Key ID: \"multiplespawner alice attempt-1\"", "Serial: 42", "alice\n", "lab\n",
            "source-address 10.0.0.0/8,127.0.0.1", "permit-port-forwarding", "permit-pty",
        ] { #expect(run.text.contains(line), "'\(line)' is not in \(run.text)") }
        #expect(!run.text.contains("permit-X11") && !run.text.contains("UNKNOWN"))
        #expect(try await files.loadCertificate() == certificate)
        #expect(certificate.terms == terms && certificate.key == key)
        #expect(certificate.isGood(for: key, by: authority.publicKey, until: now + 60, at: now))
        #expect(!certificate.isGood(for: key, by: authority.publicKey, until: now + 3600, at: now))
        #expect(!certificate.isGood(for: key, by: key, until: now + 60, at: now))
    }

    @Test func `a certificate without an account, or that never holds, is not signed`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        let authority = try await authority(directory)
        var never = terms(["alice"])
        never.validBefore = never.validAfter
        for terms in [terms([]), terms([""]), terms(["a,b"]), terms(["a\nb"]), never] {
            #expect(throws: SpawnError.self) { try authority.certify(.sample(), terms) }
        }
    }

    @Test(arguments: [SSHKeyType.ed25519, .ecdsa])
    func `sshd lets in whom the certificate names, from where, and while it holds`(type: SSHKeyType) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        let authority = try await authority(directory)
        let server = try await KeyTestServer(authority: "\(authority.publicKey)")
        defer { server.stop() }
        let files = SSHKeyFiles(directory: directory.path, name: "key")
        let key = try await files.make(type, comment: "")
        func attempt(_ change: (inout SSHCertificate.Terms) -> Void) async throws -> Bool {
            var terms = terms([server.account])
            change(&terms)
            try await files.store(try authority.certify(key, terms))
            return try await server.ssh("-i", files.privateFile).text.contains("we are in")
        }
        #expect(try await !server.ssh("-i", files.privateFile).text.contains("we are in"))
        #expect(try await attempt { _ in }, "\(server.log)")
        #expect(try await attempt { $0.sourceAddresses = ["127.0.0.0/8"] }, "\(server.log)")
        #expect(try await attempt { $0.principals = ["nobody", server.account] }, "\(server.log)")
        #expect(try await !attempt { $0.sourceAddresses = ["10.9.8.7"] })
        #expect(try await !attempt { $0.principals = ["nobody"] })
        #expect(try await !attempt { $0.validBefore = now - 30 })
        #expect(try await !attempt { $0.validAfter = now + 1800 })
        for reason in ["not from a permitted source address", "not a listed principal", "expired", "not yet valid"] {
            #expect(server.log.contains(reason), "'\(reason)' is not in \(server.log)")
        }
        // A key of another authority opens nothing.
        let stranger = try await SSHCertificateAuthority.open(SSHKeyFiles(directory: directory.path, name: "other"))
        try await files.store(try stranger.certify(key, terms([server.account])))
        #expect(try await !server.ssh("-i", files.privateFile).text.contains("we are in"))
    }
}
