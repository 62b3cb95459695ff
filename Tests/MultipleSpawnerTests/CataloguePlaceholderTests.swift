import MultipleSpawner
import Testing

/// Placeholders: one pass, a closed list of names, nothing evaluated.
@Suite struct `Catalogue: placeholders` {
    private func fill(_ text: String, user: String = "alice", _ environment: [String: Secret] = [:]) throws -> String {
        try Placeholders(
            for: Given.request(user: user, server: "lab", environment: environment)
        ).fill(text)
    }

    @Test(arguments: [
        ("{JUPYTERHUB_USER}@{JUPYTERHUB_HOST}", "alice@https://hub"), ("{username}-{server_name}", "alice-lab"),
        ("{user}{name}", "alicealice"), ("{PATH}", "/bin"), ("no placeholder", "no placeholder"), ("", ""),
        ("{JUPYTERHUB_SERVER_NAME}", "lab"), ("${JUPYTERHUB_USER}", "$alice"),
    ])
    func `are filled in, several in one string`(text: String, expected: String) throws {
        #expect(try fill(text, ["JUPYTERHUB_HOST": "https://hub", "PATH": "/bin"]) == expected)
    }

    @Test(arguments: [
        "{UNKNOWN}", "{}", "{", "}", "}{", "{{", "{{username}}", "{{ jinja }}", "{% if username %}", "{# username #}",
        "{username.__class__}", "{username[0]}", "{0}", "{ username }", "{username!r}", "{username:>9}", "{user-name}",
        "{endpoint}", "{auth_key} {server_public_ip} {server_host_key}", "{service_owner}", "{{{username}}}",
        "{{ {username} }}", "{name", "{é}",
    ])
    func `everything else stays as it is`(text: String) throws {
        #expect(try fill(text) == text)
    }

    @Test func `a value is never filled in again`() throws {
        #expect(try fill("{username}", user: "{JUPYTERHUB_HOST}", ["JUPYTERHUB_HOST": "x"]) == "{JUPYTERHUB_HOST}")
        #expect(try fill("{A}{B}", ["A": "{B", "B": "}"]) == "{B}")
    }

    @Test(arguments: [
        ("{A}", "{{.Node.Hostname}}", ""), ("x-{A}", "\u{600}{{x", ""), ("{A}{B}", "{", "{x}}"), ("{A}{B}{A}", "{", ""),
        ("{A}{B}{endpoint}", "{", ""), ("{A}{}", "{", ""),
    ])
    func `a value cannot bring what others read as a template`(text: String, first: String, second: String) throws {
        let error = #expect(throws: SpawnError.self) {
            try fill(text, ["A": Secret(first), "B": Secret(second)])
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains("'{A}'") == true || error?.message.contains("'{B}'") == true)
        #expect(error?.message.contains("Node") == false)
        #expect(try fill("{{.Node.Hostname}}-{A}", ["A": "{x"]) == "{{.Node.Hostname}}-{x")
    }

    @Test func `a value cannot bring a placeholder of a later step`() {
        #expect(throws: SpawnError.self) { try fill("{username}", user: "{endpoint}") }
    }

    @Test(arguments: [
        "{JUPYTERHUB_API_TOKEN}", "x{JPY_API_TOKEN}", "{JUPYTERHUB_OAUTH_CLIENT_SECRET}", "{DB_PASSWORD}",
    ])
    func `secrets are refused, and not shown`(text: String) {
        let error = #expect(throws: SpawnError.self) { try fill(text, ["DB_PASSWORD": "hunter2"]) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains("secret") == true)
        #expect(error?.message.contains("hunter2") == false)
    }

    @Test func `a file tells unknown ones, and secrets, where they are`() {
        let templates = """
            [{"name": "a", "resource_type": "bare_metal", "providers": ["local"],
              "kwargs": {"cmd": ["{JUPYTERHUB_USR}", "{mine}", "{LAB_IMAGE}", "{username}"],
                         "environment": {"{odd}": "{JUPYTERHUB_API_TOKEN}"}}}]
            """
        let reading = Given.reading(templates)
        #expect(
            reading.places == [
                "2:22 unknown-placeholder", "2:42 unknown-placeholder", "2:52 unknown-placeholder",
                "3:39 secret-placeholder",
            ])
        #expect(reading.catalogue == nil)
        #expect(reading.diagnostics.map(\.severity) == [.warning, .warning, .warning, .error])
        #expect(reading.diagnostics[0].message.contains("did you mean '{JUPYTERHUB_USER}'?"))
        #expect(Given.reading(templates, strict: true).diagnostics.allSatisfy { $0.severity == .error })
    }

    @Test func `a placeholder fits any scalar at first, and its value is checked when it is known`() throws {
        let catalogue = try Given.catalogue(
            """
            [{"name": "a", "resource_type": "bare_metal", "providers": ["local"],
              "kwargs": {"port": "{MY_PORT}", "mem_limit": "512M", "shared": "{JUPYTERHUB_DEBUG}"}}]
            """)
        let good = try catalogue.plan(
            for: Given.request(environment: ["MY_PORT": "8080", "JUPYTERHUB_DEBUG": "True"]))
        #expect(good.options == ["port": 8080, "mem_limit": .integer(512 << 20), "shared": true])
        let error = #expect(throws: SpawnError.self) {
            try catalogue.plan(for: Given.request(environment: ["MY_PORT": "none", "JUPYTERHUB_DEBUG": "no"]))
        }
        #expect(error?.message.contains("templates.json:2:") == true)
        #expect(error?.message.contains("'port' is 'none'") == true)
    }

    @Test func `keys of objects are never filled in`() throws {
        let catalogue = try Given.catalogue(
            """
            [{"name": "a", "resource_type": "bare_metal", "providers": ["local"],
              "kwargs": {"environment": {"{username}": "{username}"}}}]
            """)
        #expect(
            try catalogue.plan(for: Given.request()).options == ["environment": ["{username}": "alice"]])
    }

    @Test func `hostile text takes linear time`() throws {
        let hostile = String(repeating: "{{", count: 200_000) + String(repeating: "{a", count: 200_000)
        let start = ContinuousClock.now
        #expect(try fill(hostile) == hostile)
        #expect(ContinuousClock.now - start < .seconds(5))
    }
}
