import Foundation
import MultipleSpawner
import Testing
import Transport

@testable import Providers

/// What a new machine is told, read by the programs that read it there.
@Suite(.timeLimit(.minutes(5))) struct CloudInitTests {
    /// Texts that end quotes, lines, documents or programs in one language or another.
    static let hostile = [
        "\"}\n- runcmd: [\"x\"]", "'; reboot #", "\u{85}\u{2028}\u{2029}", "---\n...\n", "${x} {{ y }} %Y <&>",
        "\u{7F}\u{9F}\u{1}",
        "\\\"\\u0022\\n", "😀\u{FEFF}\u{FFFE}\u{FFFF}é", "!!python/object:x {a: b} [c] *d &e |", "\t# y: z", "",
    ]

    /// The document as PyYAML reads it, which is what cloud-init has.
    private func loaded(_ text: String) async throws -> JSONValue {
        let moto = try #require(MotoServer.program, Comment(rawValue: MotoServer.lack))
        let python = String(moto.prefix { $0 != "\0" }.dropLast("moto_server".count)) + "python3"
        let script = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin.buffer.read())))"
        let answer = try await Program.run([python, "-c", script], input: text)
        try #require(answer.status == 0, Comment(rawValue: answer.output))
        return try JSONDecoder().decode(JSONValue.self, from: Data(answer.output.utf8))
    }

    @Test func `hostile values come out as they went in, and add nothing`() async throws {
        var further: [String: JSONValue] = ["packages": ["jupyterhub"]]
        for (index, text) in Self.hostile.enumerated() {
            further["x\(index)\(text)"] = [.string(text), .object([text: nil])]
        }
        let wanted = CloudInit(account: "opc", authorizedKeys: [MachineRequest.key + " \"'#{}\\"], further: further)
        let text = try wanted.text().reveal()
        #expect(text.hasPrefix("#cloud-config\n{"))
        #expect(text.split(separator: "\n").count == 2)
        var expected = further
        expected["user"] = ["name": "opc"]
        expected["ssh_authorized_keys"] = [.string(MachineRequest.key + " \"'#{}\\")]
        #expect(try await loaded(text) == .object(expected))
    }

    @Test func `the host key is one that OpenSSH takes, and its halves belong together`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let pair = try await HostKeys(stateDirectory: directory.path + "/state").key(for: MachineToken())
        let document = try await loaded(try CloudInit(hostKey: pair).text().reveal())
        let secret = try #require(document["ssh_keys"]?["ed25519_private"]?.stringValue)
        let file = try directory.file("key", secret)
        let answer = try await Program.run(["ssh-keygen", "-y", "-f", file])
        #expect(answer.status == 0)
        #expect(answer.output.hasPrefix("\(pair.publicKey)"))
        #expect(document["ssh_keys"]?["ed25519_public"] == .string(pair.publicLine))
        #expect(document["ssh_deletekeys"] == true)
    }

    @Test(arguments: ["", "-x", ".x", "a b", "a:b", "a/b", "root\n", "é", String(repeating: "a", count: 33)])
    func `what is no account is refused`(_ account: String) {
        #expect(throws: SpawnError.self) { try CloudInit(account: account).text() }
    }

    @Test(arguments: ["", "ssh-ed25519 AAAA\nssh-ed25519 BBBB", "a\u{0}", "a\u{2028}b", "a\rb"])
    func `what is not one line of authorized_keys is refused`(_ key: String) {
        #expect(throws: SpawnError.self) { try CloudInit(authorizedKeys: [key]).text() }
    }

    @Test(arguments: ["user", "ssh_keys", "ssh_authorized_keys", "ssh_deletekeys"])
    func `how we get in is not for options to say`(_ key: String) {
        #expect(throws: SpawnError.self) { try CloudInit(further: [key: true]).text() }
    }

    @Test func `root is let in only where it is named`() throws {
        #expect(try CloudInit(account: "root").text().reveal().contains("\"disable_root\":false"))
        #expect(throws: SpawnError.self) { try CloudInit(account: "root", further: ["disable_root": true]).text() }
        #expect(try !CloudInit(account: "opc").text().reveal().contains("disable_root"))
    }

    @Test func `it does not print what it holds`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let pair = try await HostKeys(stateDirectory: directory.path).key(for: MachineToken())
        let wanted = CloudInit(hostKey: pair, further: ["password": "hunter2"])
        var dumped = ""
        dump(wanted, to: &dumped)
        let text = try wanted.text()
        #expect(!"\(wanted)\(dumped)\(text)".contains("hunter2"))
        #expect(!dumped.contains("PRIVATE"))
    }
}
