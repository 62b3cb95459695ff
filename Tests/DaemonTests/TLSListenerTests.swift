import MultipleSpawner
import Testing

@testable import Daemon

@Suite struct TLSListenerTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func listener(_ tokens: String, mode: UInt32 = 0o600, address: String = "127.0.0.1:0") throws -> TLSListener
    {
        let file = try directory.file("tokens", tokens, mode: mode)
        let settings = try Settings(arguments: [.tokenFile: file], environment: ["HOME": "/"], file: [:])
        return try TLSListener(address, settings: settings)
    }

    @Test func `a line is a token, or a hub and its token; comments and blank lines are neither`() throws {
        let tokens = try listener("# all\nsecret-a\n\nhub-b\tsecret-b\n#hub-c secret-c\n# secret-d\n").tokens
        #expect(tokens.map(\.hub) == [nil, "hub-b"])
    }

    @Test(arguments: ["", "# nothing\n", "a b c\n"])
    func `a file without a token, or with more than a line takes, is an error`(_ text: String) {
        #expect(throws: SpawnError.self) { try listener(text) }
    }

    @Test func `a file that others may read is refused`() {
        let error = #expect(throws: SpawnError.self) { try listener("secret\n", mode: 0o644) }
        #expect(error?.message.contains("chmod 600") == true)
    }

    @Test func `a secret of Docker's gets its mode in the service, by the long form`() {
        #expect(TLSListener.privacyRemedy("/run/secrets/engine_token").contains("mode: 0400"))
        #expect(TLSListener.privacyRemedy("/etc/tokens") == "chmod 600 it")
    }

    @Test(arguments: ["0.0.0.0:8443", "example.org:1", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000"])
    func `only loopback does without a certificate, and an address has a port`(_ address: String) {
        #expect(throws: SpawnError.self) { try listener("secret\n", address: address) }
    }
}
