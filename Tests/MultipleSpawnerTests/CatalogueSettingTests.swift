import Testing

@testable import MultipleSpawner

@Suite struct CatalogueSettingTests {
    private let shape = ObjectShape([
        Field(
            "mounts",
            .list(
                .object(
                    ObjectShape([
                        Field(
                            "options", .object(ObjectShape([Field("key", .string, "a key")], others: .setting)),
                            "options"),
                        Field("name", .string, "a name"),
                    ]))), "mounts"),
        Field("either", .either([.integer(0...9), .map(.setting)]), "one or the other"),
        Field("command", .either([.words, .list(.string)]), "a command"),
    ])

    /// The options with placeholders filled in, as for a request of this user.
    private func filled(_ text: String, user: String) throws -> [String: JSONValue] {
        let source = JSONSource(file: "options", text: text)
        let (options, remarks) = OptionSet.bind(
            try #require(source.root), to: shape, in: source, placeholders: .known)
        #expect(remarks.isEmpty)
        let identity = try SessionIdentity(hub: "h", user: user)
        return try options.filled(by: Placeholders(identity: identity, environment: [:]))
    }

    @Test(arguments: ["a --allow-root", "a'b", "a\"b", "a\\b", "a\u{A0}b", "a \u{301}b"])
    func `A value does not become a further word of a command that is one text`(user: String) throws {
        let error = #expect(throws: SpawnError.self) { try filled(#"{"command": "run --as={username}"}"#, user: user) }
        #expect(error?.message.contains("more than one word") == true)
        // In a list the words are what the admin made them.
        let listed = try filled(#"{"command": ["run", "--as={username}"]}"#, user: user)
        #expect(listed["command"] == ["run", .string("--as=\(user)")])
        #expect(try filled(#"{"command": "run --as={username}"}"#, user: "a&b")["command"] == "run --as=a&b")
    }

    @Test(arguments: [
        #"{"mounts": [{"options": {"o": "addr=10.0.0.1,rw,username={username}"}}]}"#,
        #"{"mounts": {"options": {"device": ":/home/{username}"}}}"#, #"{"either": {"x": "{username}"}}"#,
    ])
    func `A comma in a value does not become a further setting`(text: String) throws {
        let error = #expect(throws: SpawnError.self) { try filled(text, user: "alice,suid") }
        #expect(error?.message.contains("'{username}' stands for holds a comma") == true)
        #expect(error?.message.contains("alice") == false)
        #expect(throws: SpawnError.self) { try filled(text, user: "{{.Node.ID}}") }
        #expect(throws: Never.self) { try filled(text, user: "alice") }
    }

    @Test func `The template's own commas stay, and text that is no setting may hold any`() throws {
        let text = #"{"mounts": [{"options": {"o": "rw,soft", "key": "{username}"}, "name": "{username}"}]}"#
        let mount = try filled(text, user: "a,b")["mounts"]?.arrayValue?.first
        #expect(mount == ["options": ["o": "rw,soft", "key": "a,b"], "name": "a,b"])
    }

    @Test func `A later step fills in its own placeholders, once, and leaves the others`() {
        let placeholders = DeferredPlaceholders(["service_owner": "{endpoint}"])
        let value: JSONValue = ["{service_owner}": ["a {service_owner} {endpoint} {{ service_owner }}", 1, nil]]
        #expect(
            placeholders.fill(value) == ["{service_owner}": ["a {endpoint} {endpoint} {{ service_owner }}", 1, nil]])
        #expect(placeholders.occur(in: value))
        #expect(!placeholders.occur(in: ["{service_owner}": "{{service_owner}} {other}"]))
    }
}
