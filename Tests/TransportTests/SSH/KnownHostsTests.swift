import Testing

@testable import Transport

@Suite struct KnownHostsTests {
    private let key = HostKey.sample()
    private let other = HostKey.sample()
    private let ecdsa = HostKey.sampleECDSA()

    private func hosts(_ lines: String...) -> KnownHosts {
        var hosts = KnownHosts()
        hosts.add(Array(lines.joined(separator: "\n").utf8), from: "f")
        return hosts
    }

    @Test func `a machine is believed by the key on its line`() {
        let hosts = hosts("# ours", "", "gpu-1,GPU-2,10.0.0.2 \(key) a comment", "\tgpu-3\t\(key)\r")
        for name in ["gpu-1", "gpu-2", "Gpu-2", "10.0.0.2"] {
            #expect(hosts.verdict(on: key, for: name) == .trusted(file: "f", line: 3))
        }
        #expect(hosts.verdict(on: key, for: "gpu-3") == .trusted(file: "f", line: 4))
        #expect(hosts.verdict(on: key, for: "gpu-20") == .unknown)
        #expect(hosts.verdict(on: key, for: "10.0.0.22") == .unknown)
        #expect(hosts.problems.isEmpty)
    }

    @Test func `another key than those on file is a changed one, also one of another type`() {
        let hosts = hosts("a \(key)", "b \(ecdsa)", "b \(key)")
        #expect(hosts.verdict(on: other, for: "a") == .changed(file: "f", line: 1, type: "ssh-ed25519"))
        #expect(hosts.verdict(on: ecdsa, for: "a") == .changed(file: "f", line: 1, type: "ssh-ed25519"))
        #expect(hosts.verdict(on: key, for: "b") == .trusted(file: "f", line: 3))
    }

    @Test func `a port of its own has lines of its own, and the key of the usual port is believed there`() {
        let hosts = hosts("a \(key)", "[a]:2222 \(other)", "[b]:2222 \(key)")
        #expect(hosts.verdict(on: other, for: "a", port: 2222) == .trusted(file: "f", line: 2))
        #expect(hosts.verdict(on: key, for: "a", port: 2222) == .changed(file: "f", line: 2, type: "ssh-ed25519"))
        #expect(hosts.verdict(on: key, for: "a", port: 2223) == .trusted(file: "f", line: 1))
        #expect(hosts.verdict(on: other, for: "a", port: 2223) == .unknown)
        #expect(hosts.verdict(on: key, for: "b") == .unknown)
    }

    @Test func `a hashed name is found by who knows it`() {
        let field = HostPatterns.hashed(HostPatterns.name("GPU-2", port: 2222), salt: Array(1...20))
        let hosts = hosts("\(field) \(key)")
        #expect(hosts.verdict(on: key, for: "gpu-2", port: 2222) == .trusted(file: "f", line: 1))
        #expect(hosts.verdict(on: key, for: "gpu-2") == .unknown)
    }

    @Test func `a name that is excepted is not matched by a pattern beside it`() {
        let hosts = hosts("*.lab,!bad.lab,!*.?x.lab \(key)")
        #expect(hosts.verdict(on: key, for: "good.lab") == .trusted(file: "f", line: 1))
        #expect(hosts.verdict(on: key, for: "bad.lab") == .unknown)
        #expect(hosts.verdict(on: key, for: "a.xx.lab") == .unknown)
        #expect(hosts.verdict(on: key, for: "lab") == .unknown)
    }

    @Test func `a revoked key is never believed, whatever else is on file`() {
        let hosts = hosts("a \(key)", "@revoked * \(key)", "a \(other)")
        #expect(hosts.verdict(on: key, for: "a") == .revoked(file: "f", line: 2))
        #expect(hosts.verdict(on: key, for: "b", port: 2222) == .revoked(file: "f", line: 2))
        #expect(hosts.verdict(on: other, for: "a") == .trusted(file: "f", line: 3))
        #expect(hosts.keyTypes(for: "a") == ["ssh-ed25519"])
    }

    @Test func `a machine that an authority vouches for is told apart from an unknown one`() {
        let hosts = hosts("@cert-authority *.lab \(key)", "a.lab \(ecdsa)")
        // The authority's own key is no key of a machine.
        #expect(hosts.verdict(on: key, for: "b.lab") == .certificateAuthority(file: "f", line: 1))
        #expect(hosts.verdict(on: ecdsa, for: "a.lab") == .trusted(file: "f", line: 2))
        #expect(hosts.keyTypes(for: "b.lab").isEmpty)
    }

    @Test func `the types on file are those to agree on`() {
        let hosts = hosts("a \(ecdsa)", "a \(key)", "a \(other)", "[a]:2222 \(key)", "@revoked b \(key)", "b \(key)")
        #expect(hosts.keyTypes(for: "a") == ["ecdsa-sha2-nistp256", "ssh-ed25519"])
        #expect(hosts.keyTypes(for: "a", port: 2222) == ["ssh-ed25519"])
        #expect(hosts.keyTypes(for: "a", port: 1) == ["ecdsa-sha2-nistp256", "ssh-ed25519"])
        #expect(hosts.keyTypes(for: "b").isEmpty)
        #expect(hosts.keyTypes(for: "c").isEmpty)
    }

    @Test(arguments: [
        "host", "host ssh-ed25519", "host ssh-ed25519 !!!!", "host ssh-rsa KEY", "host ssh-ed25519 AAAA",
        "@unknown host TYPE KEY", "@revoked", "!host TYPE KEY", "|1|x|y TYPE KEY", "|2|AAAA|AAAA TYPE KEY",
        "ho\0st TYPE KEY", "host 1024 35 1234567", "host TYPE KEYKEY", "@cert-authority @revoked host TYPE KEY",
        "|1|AAECAwQFBgcICQoLDA0ODxAREhM=|AAECAwQFBgcICQoLDA0ODxAREhM=|x TYPE KEY", "a,LONG TYPE KEY",
        "host TYPE KEYLONG",
    ])
    func `a line that cannot be read is told with its place, and matches nothing`(line: String) {
        let text = line.replacing("TYPE", with: key.type).replacing("KEY", with: key.base64)
            .replacing("LONG", with: String(repeating: "a", count: 70_000))
        let hosts = hosts("# first", text, "fine \(key)")
        #expect(hosts.problems.map(\.line) == [2])
        #expect(hosts.problems.first.map { "\($0)".hasPrefix("f:2: ") } == true)
        for name in ["host", "a", "st", "ho", "*", "@revoked"] {
            #expect(hosts.verdict(on: key, for: name) == .unknown)
        }
        #expect(hosts.verdict(on: key, for: "fine") == .trusted(file: "f", line: 3))
    }

    @Test func `a file that is not there says nothing, and one that cannot be read is an error`() throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        #expect(try KnownHosts(files: [directory.path + "/none"]).verdict(on: key, for: "a") == .unknown)
        let file = try directory.file("known", "a \(key)\n")
        #expect(try KnownHosts(files: ["/none", file]).verdict(on: key, for: "a") == .trusted(file: file, line: 1))
        #expect(throws: (any Error).self) { try KnownHosts(files: [directory.path]) }
    }

    @Test func `a key on a line of its own is read, and one that is not whole is not`() {
        #expect(HostKey(line: "\(key) root@gpu-2\n") == key)
        #expect(HostKey(line: key.type) == nil)
        #expect(HostKey(blob: key.blob + [0]) == nil)
        #expect(HostKey(blob: key.blob.dropLast()) == nil)
        #expect(HostKey(type: "ssh-rsa", base64: key.base64) == nil)
    }

    @Test func `a pattern with many stars takes no time`() {
        let hosts = hosts("\(String(repeating: "*a", count: 500)) \(key)")
        let name = String(repeating: "a", count: 2000) + "b"
        let took = ContinuousClock().measure { #expect(hosts.verdict(on: key, for: name) == .unknown) }
        #expect(took < .seconds(1))
    }
}
