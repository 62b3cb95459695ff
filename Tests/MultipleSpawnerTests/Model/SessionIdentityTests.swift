import MultipleSpawner
import Testing

@Suite struct SessionIdentityTests {
    @Test(arguments: [
        "alice", "alice@example.org", "José García", "名無し", "a+b~c%d", "o'brien", "$(id)", "<b>bold", "a\"b",
        "..hidden", "back\\slash", "\u{202E}right to left",
    ])
    func `a name of a hub is taken as it is`(_ name: String) throws {
        #expect(try SessionIdentity(hub: "hub", user: name, server: name).user == name)
    }

    @Test(arguments: [
        "", ".", "..", "../etc", "a/b", "a/\u{301}b", "a\nb", "a\0b", "a\u{7F}", "a\u{85}b", "a\u{2028}b",
        String(repeating: "x", count: 256), String(repeating: "x", count: 65_536), String(repeating: "ß", count: 128),
    ])
    func `a name that could become something else is refused, and the error stays short`(_ name: String) {
        let error = #expect(throws: SpawnError.self) { try SessionIdentity(hub: "hub", user: name) }
        #expect(error?.code == .invalidRequest)
        #expect((error?.message.utf8.count ?? 0) < 400)
        #expect(error?.message.unicodeScalars.contains { $0.isControl } == false)
    }

    @Test(arguments: ["", "a b", "a/b", "a.b", "é", String(repeating: "a", count: 65), "../x", "a\0"])
    func `an id that could become a path is refused`(_ id: String) {
        #expect(throws: SpawnError.self) { try SessionID(id) }
        #expect(SessionID(rawValue: id) == nil)
    }

    @Test func `a secret shows itself nowhere`() {
        let secret = Secret("s3cr3t")
        let held: [String: Secret] = ["token": secret]
        var dumped = ""
        dump(held, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), "\(held)", String(reflecting: held), dumped] {
            #expect(!text.contains("s3cr3t"))
            #expect(text.contains("hidden"))
        }
        #expect(secret.reveal() == "s3cr3t")
    }
}
