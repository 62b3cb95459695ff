import MultipleSpawner
import Testing

/// Placeholders that what the hub knows of a user fills: they may be keys, so nothing of them is ever shown.
@Suite struct `Catalogue: attributes of the user` {
    private static let key = "-----BEGIN KEY-----\nAAAA{username}\n-----END KEY-----\n"
    private static let attributes: [String: JSONValue] = [
        "mount_data": [
            "username": "remote", "targetHost": "files.example.org", "targetPath": "/home", "port": 2222,
            "privateKey": .string(key), "name": "root", "JUPYTERHUB_USER": "root", "PATH": "/evil",
        ],
        "quota": 5,
    ]
    private static let mount = """
        {"source": "volume-of-{name}", "sshcmd": "{username}@{targetHost}:{targetPath}", "port": "{port}",
         "id_rsa": "{privateKey}", "other": "{missing} {quota}"}
        """

    private func catalogue(
        names: String = #"["mount_data", "quota"]"#, mount: String = mount, port: String = "1"
    ) throws -> Catalogue {
        try Given.catalogue(
            """
            [{"name": "a", "resource_type": "bare_metal", "providers": "local",
              "kwargs": {"user_format_attributes": \(names), "port": \(port), "mount": \(mount)}}]
            """)
    }

    private func mount(_ catalogue: Catalogue, environment: [String: Secret] = [:]) throws -> JSONValue? {
        try catalogue.plan(for: Given.request(environment: environment, attributes: Self.attributes)).options["mount"]
    }

    @Test func `those that a template lists fill its placeholders, several in one string`() throws {
        let expected: JSONValue = [
            "source": "volume-of-alice", "sshcmd": "remote@files.example.org:/home", "port": "2222",
            "id_rsa": .string(Self.key), "other": "{missing} 5",
        ]
        #expect(try mount(catalogue()) == expected)
    }

    @Test func `a template that lists none gets none`() throws {
        let filled = try mount(catalogue(names: "[]"))
        #expect(filled?["sshcmd"] == "alice@{targetHost}:{targetPath}")
        #expect(filled?["id_rsa"] == "{privateKey}")
        #expect(try mount(catalogue(names: #"["quota"]"#))?["other"] == "{missing} 5")
    }

    @Test func `what the hub says wins over what a user may have sent`() throws {
        let filled = try mount(
            catalogue(mount: #"{"a": "{name} {user} {JUPYTERHUB_USER} {server_name} {PATH} {unescaped_username}"}"#),
            environment: ["PATH": "/bin"])
        #expect(filled == ["a": "alice alice alice  /bin alice"])
    }

    @Test func `a secret of the hub stays out, whatever is listed`() {
        #expect(throws: SpawnError.self) {
            try mount(catalogue(mount: #"{"a": "{JUPYTERHUB_API_TOKEN}"}"#))
        }
    }

    @Test func `check does not call such names unknown`() {
        let reading = Given.reading(
            """
            [{"name": "a", "resource_type": "bare_metal", "providers": "local",
              "kwargs": {"user_format_attributes": ["mount_data"], "port": "{port}",
                         "mount": {"a": "{privateKey}", "b": "{JUPYTERHUB_USR}"}}}]
            """, deployments: #"{"bare_metal": [{"name": "d", "mount": {"c": "{targetHost}"}}]}"#, strict: true)
        #expect(reading.places == ["3:50 unknown-placeholder"])
    }

    @Test func `a value is bound to the type of its place, and does not appear in the error`() throws {
        #expect(
            try catalogue(port: #""{port}""#).plan(for: Given.request(attributes: Self.attributes)).options["port"]
                == 2222)
        let catalogue = try catalogue(port: #""{privateKey}""#)
        let error = #expect(throws: SpawnError.self) {
            try catalogue.plan(for: Given.request(attributes: Self.attributes))
        }
        #expect(error?.message.contains("templates.json:2:") == true)
        for text in [error?.message ?? "", error?.details.joined() ?? "", "\(String(describing: error))"] {
            #expect(!text.contains("AAAA"))
            #expect(!text.contains("BEGIN"))
        }
    }

    @Test func `a value that would be filled in by a later step is refused without being shown`() throws {
        let catalogue = try catalogue()
        let error = #expect(throws: SpawnError.self) {
            try catalogue.plan(for: Given.request(attributes: ["mount_data": ["targetHost": "x{endpoint}AAAA"]]))
        }
        #expect(error?.message.contains("'{targetHost}'") == true)
        #expect(error?.message.contains("AAAA") == false)
    }

    @Test func `nothing of them is in a decision, and a plan prints none of its options`() throws {
        let catalogue = try catalogue(port: #""{port}""#)
        let request = try Given.request(attributes: Self.attributes)
        let decision = catalogue.decide(for: request)
        #expect(decision.plan?.options["mount"]?["id_rsa"] == "{privateKey}")
        #expect(decision.plan?.options["port"] == "{port}")
        let plan = try catalogue.plan(for: request)
        var dumped = ""
        dump(plan, to: &dumped)
        dump(request, to: &dumped)
        for text in ["\(decision)", "\(plan)", "\(request)", String(reflecting: plan), dumped] {
            #expect(!text.contains("AAAA"))
            #expect(!text.contains("files.example.org"))
        }
        #expect("\(plan)" == "attempt-1 of alice: a (paper)")
    }
}
