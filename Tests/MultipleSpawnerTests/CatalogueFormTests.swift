import MultipleSpawner
import Testing

/// The form's model, and what comes back from it.
@Suite struct `Catalogue: the form` {
    private static let templates = """
        [
          {"name": "Small", "resource_type": "bare_metal", "providers": ["local"], "description": "small one",
           "limits": {"memory": 2, "cpu": 1, "gpu": 0}, "lifetime": {"default": 60, "max": 120}},
          {"name": "Large", "resource_type": "bare_metal", "providers": ["local", "ku"], "limits": {"memory": 8}},
          {"name": "Lab", "resource_type": "container", "providers": ["ku"], "access": {"groups": ["lab"]}},
          {"name": "Boat", "class": "jhub.SwarmSpawner", "resource_type": "container", "providers": ["local"]}
        ]
        """
    private static let deployments = """
        {"bare_metal": [{"name": "plain"}, {"name": "ku only", "provider": "ku", "default": true},
                        {"name": "for bob", "access": ["bob"]}]}
        """

    private func form(
        user: String = "alice", groups: Set<String> = [], last: JSONValue = nil
    ) throws -> SpawnForm {
        try Given.catalogue(Self.templates, deployments: Self.deployments)
            .form(for: user, groups: groups, last: last)
    }

    @Test func `it shows what this user may use and this build can serve`() throws {
        let form = try form()
        #expect(form.providers.map(\.name) == ["local", "ku"])
        #expect(form.providers.map(\.displayName) == ["Local machine", "KU Cloud"])
        #expect(form.providers[0].types.map(\.name) == ["bare_metal"])
        #expect(form.providers[0].types[0].templates.map(\.name) == ["Small", "Large"])
        #expect(form.providers[0].types[0].templates[0].deployments.map(\.name) == ["plain"])
        #expect(form.providers[1].types[0].templates[0].deployments.map(\.name) == ["plain", "ku only"])
        #expect(form.providers[1].types[0].templates[0].deployments.map(\.isDefault) == [false, true])
        #expect(form.providers[0].types[0].templates[0].limits.longestLifetime == 120)
        #expect(try self.form(groups: ["lab"]).providers[1].types.map(\.name) == ["bare_metal", "container"])
        #expect(try self.form(user: "bob").providers[0].types[0].templates[0].deployments.count == 2)
    }

    @Test func `it shows the last choice where it is still on offer`() throws {
        let last: JSONValue = [
            "spawn_options": [
                "provider": "ku", "resource_type": "bare_metal", "template": "Large", "deployment": "ku only",
                "resource_specification": ["memory": "512M", "cpu": "2"], "session_configuration": ["lifetime": "5"],
            ]
        ]
        #expect(
            try form(last: last).values == [
                .provider: "ku", .resourceType: "bare_metal", .template: "Large", .deployment: "ku only",
                .memory: "0.5", .cpu: "2", .lifetime: "5",
            ])
        #expect(try form(last: ["template": "Lab", "provider": "gone"]).values == [:])
        #expect(try form(last: ["memory": "rubbish"]).values == [:])
        #expect(try form(last: [1, 2]).values == [:])
    }

    @Test func `a machine is chosen where the template lets users choose, and nowhere else`() throws {
        let templates = """
            [{"name": "Lab", "resource_type": "virtual_machine", "providers": ["local"], "class": "multiplespawner.Paper",
              "kwargs": {"machines": ["lab-1", "lab-2"], "keys": ["remote_host"]}},
             {"name": "Desk", "resource_type": "bare_metal", "providers": ["local"], "class": "multiplespawner.Paper"}]
            """
        let catalogue = try Given.catalogue(templates)
        let form = catalogue.form(for: "alice", groups: [], last: ["remote_host": "lab-2", "template": "Lab"])
        #expect(form.menus.map(\.machines) == [["lab-1", "lab-2"]])
        #expect(form.values[.machine] == "lab-2")
        let options = try form.options(from: ["template": ["Lab"], "remote_host": ["", "lab-1"]])
        #expect(options["remote_host"] == "lab-1")
        let plan = try catalogue.plan(for: Given.request(options))
        #expect(plan.options["chosen remote_host"] == "lab-1")
        let other = #expect(throws: SpawnError.self) { try form.options(from: ["remote_host": ["lab-3"]]) }
        #expect(other?.message.contains("'lab-1', 'lab-2'") == true)
        let none = #expect(throws: SpawnError.self) {
            try form.options(from: ["template": ["Desk"], "remote_host": ["lab-1"]])
        }
        #expect(none?.message.contains("'remote_host'") == true)
        // The API is held to the same.
        let asked = #expect(throws: SpawnError.self) {
            try catalogue.plan(for: Given.request(["template": "Desk", "remote_host": "lab-1"]))
        }
        #expect(asked?.message.contains("'remote_host'") == true)
    }

    @Test func `fields become the original's options`() throws {
        let options = try form().options(from: [
            "provider": ["local"], "resource_type": ["bare_metal"], "template": ["Small"], "deployment": ["plain"],
            "memory": [" 1.5 "], "cpu": ["1"], "gpu": ["0"], "lifetime": ["90"], "_xsrf": ["x"],
        ])
        #expect(
            options == [
                "spawn_options": [
                    "provider": "local", "resource_type": "bare_metal", "template": "Small", "deployment": "plain",
                    "resource_specification": ["memory": "1.5", "cpu": "1", "gpu": "0"],
                    "session_configuration": ["lifetime": "90"],
                ]
            ])
        let plan = try Given.catalogue(Self.templates, deployments: Self.deployments)
            .plan(for: Given.request(options))
        #expect(plan.template == "Small")
        #expect(plan.limits.memory == 3 << 29)
    }

    @Test(
        arguments: [
            [:], ["memory": [""], "provider": ["  "]], ["dockerimage": ["x"]], ["_xsrf": ["a", "b"]], ["memory": []],
        ] as [[String: [String]]])
    func `fields that are empty or not ours ask for nothing`(fields: [String: [String]]) throws {
        #expect(try form().options(from: fields) == ["spawn_options": [:]])
    }

    @Test(
        arguments: [
            (["memory": ["lots"]], "'memory' is 'lots'"), (["memory": ["-1"]], "'memory' is '-1'"),
            (["cpu": ["0"]], "'cpu' is 0; it must be a number from 0.01"), (["gpu": ["x"]], "'gpu' is 'x'"),
            (["lifetime": ["1.5"]], "'lifetime' is '1.5'"), (["resource_type": ["vm"]], "'resource_type' is 'vm'"),
            (
                ["provider": ["oci"]],
                "the field 'provider' is 'oci', which is not offered with the rest; choose one of 'local', 'ku'"
            ),
            (["resource_type": ["container"]], "the field 'resource_type' is 'container', which is not offered"),
            (
                ["template": ["Lab"]],
                "the field 'template' is 'Lab', which is not offered with the rest; choose one of 'Small', 'Large'"
            ),
            (["template": ["Boat"]], "the field 'template' is 'Boat'"),
            (["provider": ["ku"], "template": ["Small"]], "the field 'template' is 'Small'"),
            (["deployment": ["for bob"]], "the field 'deployment' is 'for bob'"),
            (["provider": ["local"], "deployment": ["ku only"]], "the field 'deployment' is 'ku only'"),
            (["template": ["Small"], "memory": ["4"]], "the field 'memory' is 4 GB; the most is 2 GB"),
            (["memory": ["16"]], "the field 'memory' is 16 GB; the most is 8 GB"),
            (["template": ["Small"], "lifetime": ["500"]], "the field 'lifetime' is 500; the most is 120"),
            (["template": ["Small"], "gpu": ["1"]], "the field 'gpu' is 1; the most is 0"),
            (["memory": ["1", "2"]], "the field 'memory' is given 2 times; choose one value"),
        ] as [([String: [String]], String)])
    func `a wrong field is named`(fields: [String: [String]], expected: String) throws {
        let form = try form()
        let error = #expect(throws: SpawnError.self) { try form.options(from: fields) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains(expected) == true, "\(error?.message ?? "")")
    }

    @Test func `who may use nothing gets an empty form`() throws {
        let catalogue = try Given.catalogue(
            #"[{"name": "a", "resource_type": "bare_metal", "providers": "local", "access": {}}]"#)
        let form = catalogue.form(for: "alice", groups: [])
        #expect(form.isEmpty)
        let error = #expect(throws: SpawnError.self) { try form.options(from: [:]) }
        #expect(error?.code == .forbidden)
    }

    @Test func `the schema of the options names what is on offer, and nothing else`() throws {
        let catalogue = try Given.catalogue(Self.templates, deployments: Self.deployments)
        let text = catalogue.optionsSchema(for: "alice", groups: []).text
        for name in ["Small", "Large", "plain", "ku only"] { #expect(text.contains("\"\(name)\"")) }
        for name in ["Lab", "Boat", "for bob", "container"] { #expect(!text.contains("\"\(name)\"")) }
        #expect(text.contains("https://json-schema.org/draft/2020-12/schema"))
    }
}
