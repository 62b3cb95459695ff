import Testing

@testable import Transport

/// What we say of a machine's key, beside what OpenSSH's own client does at a real server.
@Suite(.timeLimit(.minutes(2))) struct KnownHostsLiveTests {
    @Test func `ssh goes on where the key is trusted, and nowhere else`() async throws {
        let server = try await KeyTestServer(types: ["ed25519", "ecdsa"])
        defer { server.stop() }
        let (key, ecdsa) = (server.hostKeys[0], server.hostKeys[1])
        let name = "[127.0.0.1]:\(server.port)"
        let hashed = HostPatterns.hashed(HostPatterns.name("127.0.0.1", port: server.port), salt: Array(1...20))
        let files: [(lines: [String], isTrusted: Bool)] = [
            (["\(name) \(key)"], true), (["\(hashed) \(key)"], true), (["[127.0.*]:* \(key)"], true),
            (["127.0.0.1 \(key)"], true), (["\(name) \(HostKey.sample())", "\(name) \(key)"], true),
            ([], false), (["\(name) \(HostKey.sample())"], false), (["\(name),!\(name) \(key)"], false),
            (["@revoked * \(key)", "\(name) \(key)"], false), (["@cert-authority * \(key)"], false),
            (["127.0.0.1 \(key)", "\(name) \(HostKey.sample())"], false), (["x\(name) \(key)"], false),
            (["\(name) \(HostKey.sampleECDSA())"], false), (["\(name) \(ecdsa)", "@revoked * \(ecdsa)"], false),
        ]
        for (lines, isTrusted) in files {
            let file = try server.directory.file("case", lines.joined(separator: "\n") + "\n")
            // With the types on file ssh asks for those; with others it is told which to ask for.
            let run = try await server.ssh("-o", "HostKeyAlgorithms=ssh-ed25519", knownHosts: file)
            let verdict = try KnownHosts(files: [file]).verdict(on: key, for: "127.0.0.1", port: server.port)
            let isOurs = if case .trusted = verdict { true } else { false }
            #expect(isOurs == isTrusted, "\(lines): \(verdict)")
            #expect(run.text.contains("Permission denied") == isTrusted, "\(lines): \(run.text)")
            if !isTrusted { #expect(run.text.contains("verification failed"), "\(lines): \(run.text)") }
            if case .changed = verdict { #expect(run.text.contains("HAS CHANGED"), "\(lines): \(run.text)") }
        }
    }

    @Test func `the keys that a machine shows are found, the preferred first`() async throws {
        let server = try await KeyTestServer(types: ["rsa", "ecdsa", "ed25519"])
        defer { server.stop() }
        let keys = try await HostKeyScan(host: "127.0.0.1", port: server.port).keys()
        #expect(keys == server.hostKeys.reversed())
        await #expect(throws: (any Error).self) { try await HostKeyScan(host: "127.0.0.1", port: 1).keys() }
        await #expect(throws: (any Error).self) { try await HostKeyScan(host: "-oX=y").keys() }
    }
}
