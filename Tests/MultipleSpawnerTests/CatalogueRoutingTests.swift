import MultipleSpawner
import Testing

/// From a request to a plan.
@Suite struct `Catalogue: routing` {
    private static let templates = """
        [
          {"name": "Small", "resource_type": "bare_metal", "providers": ["local"],
           "kwargs": {"port": 1, "environment": {"SIZE": "small"}},
           "limits": {"memory": 2, "cpu": 1}, "lifetime": {"default": 60, "max": 120}},
          {"name": "Large", "resource_type": "bare_metal", "providers": ["local", "ku"],
           "limits": {"memory": 8, "cpu": 4, "gpu": 1}},
          {"name": "Secret lab", "resource_type": "virtual_machine", "providers": ["ku"],
           "access": {"users": ["bob"], "groups": ["lab"]}},
          {"name": "Boat", "class": "jhub.SwarmSpawner", "kwargs": {"dockerimages": [{"name": "N", "image": "i/n"}]},
           "resource_type": "container", "providers": ["local"]}
        ]
        """
    private static let deployments = """
        {"bare_metal": [{"name": "plain", "cmd": ["plain"]},
                        {"name": "ku only", "provider": "ku", "cmd": ["ku"]},
                        {"name": "other port", "port": 9, "image": "img"},
                        {"name": "for bob", "access": ["bob"], "cmd": ["bob"]}]}
        """

    private func plan(
        _ options: JSONValue, user: String = "alice", groups: Set<String> = [],
        settings: ServerSettings = ServerSettings()
    ) throws -> SessionPlan {
        try Given.catalogue(Self.templates, deployments: Self.deployments).plan(
            for: Given.request(options, user: user, groups: groups, settings: settings))
    }

    private func refusal(_ options: JSONValue, user: String = "alice", groups: Set<String> = []) -> SpawnError? {
        #expect(throws: SpawnError.self) { try plan(options, user: user, groups: groups) }
    }

    // MARK: What is asked

    @Test(
        arguments: [
            nil, [:], ["spawn_options": [:]], ["spawn_options": nil], ["entirely": "unknown"],
            ["dockerimage": "ucphhpc/base-notebook:latest"], ["spawn_options": ["provider": "", "memory": ""]],
        ] as [JSONValue])
    func `nothing asked is the first template and deployment`(options: JSONValue) throws {
        let plan = try plan(options)
        #expect(plan.template == "Small")
        #expect(plan.deployment == "plain")
        #expect(plan.resources == ResourceSpecification(memory: 1 << 30, cpu: 1, gpu: 0))
        #expect(plan.options == ["port": 1, "environment": ["SIZE": "small"], "cmd": ["plain"]])
    }

    @Test(
        arguments: [
            [
                "spawn_options": [
                    "template": "Large", "resource_specification": ["memory": "4", "cpu": "2", "gpu": "1"],
                    "session_configuration": ["lifetime": "90"],
                ]
            ],
            [
                "template": "Large", "resource_specification": ["memory": 4, "cpu": 2, "gpu": 1],
                "session_configuration": ["lifetime": 90],
            ],
            ["template": "Large", "memory": "4G", "cpu": 2.0, "gpu": 1, "lifetime": 90, "profile": "Large"],
        ] as [JSONValue])
    func `the same wish may come in each of its spellings`(options: JSONValue) throws {
        let plan = try plan(options)
        #expect(plan.template == "Large")
        #expect(plan.resources == ResourceSpecification(memory: 4 << 30, cpu: 2, gpu: 1))
        #expect(plan.limits == SessionPlan.Limits(memory: 4 << 30, cpu: 2))
        #expect(plan.lifetime == Lifetime(minutes: 90, maximum: nil))
    }

    @Test(
        arguments: [
            ("a list", [1], "user options are a list; they must be an object"),
            ("a string", "x", "user options are a string"),
            ("unknown", ["provider": "local", "memroy": 1], "the key 'memroy' is not known; did you mean 'memory'?"),
            ("misspelt alone", ["memroy": 1], "the key 'memroy' is not known; did you mean 'memory'?"),
            ("nested unknown", ["spawn_options": ["resource_specification": ["ram": 1]]], "the key 'ram' is not known"),
            ("beside", ["spawn_options": [:], "memory": 1], "'memory' stands beside 'spawn_options'"),
            ("twice", ["memory": 1, "resource_specification": ["memory": 2]], "'memory' is given twice"),
            ("zero", ["memory": 0], "'memory' is 0 GB"), ("negative", ["cpu": -1], "'cpu' is -1"),
            ("no gpu", ["gpu": -1], "'gpu' is -1"), ("half a gpu", ["gpu": 0.5], "'gpu' is 0.5"),
            ("absurd", ["memory": 1e9], "'memory' is"), ("no time", ["lifetime": 0], "'lifetime' is 0"),
            ("text", ["memory": "lots"], "'memory' is 'lots'; it must be an amount of memory"),
            ("a type", ["resource_type": "bare_mtal"], "did you mean 'bare_metal'?"),
            ("an object", ["provider": [:]], "'provider' is an object"),
            ("the wrapper", ["spawn_options": "x"], "'spawn_options' is 'x'; it must be an object"),
        ] as [(String, JSONValue, String)])
    func `wrong options are refused by name`(_: String, options: JSONValue, expected: String) {
        let error = refusal(options)
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains(expected) == true, "\(error?.message ?? "")")
    }

    // MARK: What fits

    @Test func `a provider leads to the first template that has it`() throws {
        #expect(try plan(["provider": "ku"]).template == "Large")
        #expect(try plan(["provider": "ku"]).provider == "ku")
        #expect(try plan(["provider": "ku", "deployment": "ku only"]).options == ["cmd": ["ku"]])
    }

    @Test func `a wish beyond one template's limits leads to the next that can`() throws {
        #expect(try plan(["memory": 4]).template == "Large")
        #expect(try plan(["cpu": 3]).template == "Large")
        #expect(try plan(["gpu": 1]).template == "Small")
    }

    @Test(
        arguments: [
            (["memory": 16], "the template 'Large' does not fit: 16 GB of memory are more than its limit of 8 GB"),
            (["template": "Small", "memory": 4], "the template 'Small' does not fit: 4 GB of memory"),
            (["template": "Large", "gpu": 2], "2 gpu are more than its limit of 1"),
            (["template": "Small", "lifetime": 121], "a lifetime of 121 minutes is more than its limit of 120"),
            (["template": "Smal"], "there is no template 'Smal'; did you mean 'Small'?"),
            (["provider": "oci"], "no template for provider 'oci'; templates.json offers 'local' with 'bare_metal'"),
            (["template": "Small", "provider": "ku"], "no template for the name 'Small' and provider 'ku'"),
            (["deployment": "plan"], "there is no deployment 'plan' of the type 'bare_metal'; did you mean 'plain'?"),
            (
                ["provider": "local", "deployment": "ku only"],
                "the provider 'local' does not have the deployment 'ku only'"
            ),
            (["image": "evil"], "does not fit: it does not offer the image 'evil'"),
            (["template": "Small", "user_install_files": [["name": "x"]]], "it takes no files"),
        ] as [(JSONValue, String)])
    func `what fits nothing is refused with the nearest reason`(options: JSONValue, expected: String) {
        let error = refusal(options)
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains(expected) == true, "\(error?.message ?? "")")
    }

    @Test func `what needs a backend to come is unsupported`() {
        #expect(refusal(["resource_type": "container"])?.code == .unsupported)
        let image: JSONValue = ["resource_type": "container", "user_selected_name": "N", "user_selected_image": "i/n"]
        #expect(refusal(image)?.code == .unsupported)
        #expect(refusal(["template": "Boat"])?.message.contains("this build has no backend 'swarm'") == true)
    }

    @Test func `an image leads to the deployment that has it`() throws {
        #expect(try plan(["image": "img"]).deployment == "other port")
        #expect(try plan(["user_selected_image": "img", "user_selected_name": "x"]).deployment == "other port")
        #expect(try plan(["spawn_image_name": "x", "spawn_image_data": ["image": "img"]]).deployment == "other port")
    }

    @Test func `a deployment is merged last`() throws {
        let plan = try plan(["deployment": "other port"])
        #expect(plan.options == ["port": 9, "environment": ["SIZE": "small"], "image": "img"])
    }

    // MARK: Who may

    @Test func `a template is for those whom its access names, and nobody else hears of it`() throws {
        #expect(try plan(["template": "Secret lab"], user: "bob").template == "Secret lab")
        #expect(try plan(["resource_type": "virtual_machine"], groups: ["x", "lab"]).template == "Secret lab")
        for options in [["template": "Secret lab"], ["resource_type": "virtual_machine"]] as [JSONValue] {
            let error = refusal(options, groups: ["other"])
            #expect(error?.code == .invalidRequest)
            let told = (error?.message ?? "").replacing("'Secret lab';", with: "") + (error?.details.joined() ?? "")
            #expect(!told.contains("Secret lab"))
            #expect(!told.contains("with 'virtual_machine'"))
        }
    }

    @Test func `a deployment is for those whom its access names`() throws {
        #expect(try plan(["deployment": "for bob"], user: "bob").options["cmd"] == ["bob"])
        let error = refusal(["deployment": "for bob"])
        let theirs = refusal(["deployment": "not there"])
        #expect(error?.message == theirs?.message.replacing("not there", with: "for bob"))
    }

    @Test func `who may use nothing is told so`() throws {
        let catalogue = try Given.catalogue(
            #"[{"name": "a", "resource_type": "bare_metal", "providers": "local", "access": {}}]"#)
        let error = #expect(throws: SpawnError.self) { try catalogue.plan(for: Given.request()) }
        #expect(error?.code == .forbidden)
        #expect(error?.message.contains("'a'") == false)
    }

    // MARK: Limits and lifetimes

    @Test func `limits are set only where somebody chose them`() throws {
        let catalogue = try Given.catalogue()
        #expect(try catalogue.plan(for: Given.request()).limits == SessionPlan.Limits())
        let settings = ServerSettings(memoryLimit: 512 << 20, cpuLimit: 0.5)
        let hub = try catalogue.plan(for: Given.request(settings: settings))
        #expect(hub.limits == SessionPlan.Limits(memory: 512 << 20, cpu: 0.5))
        #expect(hub.resources == ResourceSpecification(memory: 512 << 20, cpu: 0.5))
        #expect(try plan(nil).limits == SessionPlan.Limits(memory: 2 << 30, cpu: 1))
        #expect(try plan(["memory": "1.5"]).limits.memory == 3 << 29)
    }

    @Test func `a user cannot go past the hub's own limit, unless the template allows more`() throws {
        let settings = ServerSettings(memoryLimit: 1 << 30)
        let catalogue = try Given.catalogue()
        #expect(throws: SpawnError.self) {
            try catalogue.plan(for: Given.request(["memory": 2], settings: settings))
        }
        #expect(try plan(["memory": 2], settings: settings).limits.memory == 2 << 30)
    }

    @Test(
        arguments: [
            ("{}", nil, nil, Lifetime()), ("{}", 5, nil, Lifetime(minutes: 5)),
            ("{}", nil, 7, Lifetime(minutes: 7, maximum: 7)),
            (#"{"default": 10}"#, nil, 7, Lifetime(minutes: 10, maximum: 10)),
            (#"{"default": 10, "max": 20}"#, 15, nil, Lifetime(minutes: 15, maximum: 20)),
            (#"{"max": 20}"#, nil, 700, Lifetime(minutes: 20, maximum: 20)),
            (#"{"max": 20}"#, nil, nil, Lifetime(minutes: 20, maximum: 20)),
        ] as [(String, Int?, Int?, Lifetime)])
    func `the lifetime is the user's, else the template's, else the hub's`(
        rule: String, wanted: Int?, hub: Int?, expected: Lifetime
    ) throws {
        let catalogue = try Given.catalogue(
            #"[{"name": "a", "resource_type": "bare_metal", "providers": "local", "lifetime": \#(rule)}]"#)
        let options: JSONValue = wanted.map { ["lifetime": .integer($0)] } ?? nil
        let plan = try catalogue.plan(for: Given.request(options, settings: ServerSettings(lifetime: hub)))
        #expect(plan.lifetime == expected)
    }

    @Test func `a provider's capacity bounds what one session may ask`() throws {
        let catalogue = try Given.catalogue(
            #"[{"name": "a", "resource_type": "bare_metal", "providers": ["tiny", "big"]}]"#,
            providers: """
                [{"name": "tiny", "types": ["bare_metal"], "capacity": {"memory": 1, "sessions": 3}},
                 {"name": "big", "display_name": "Big one"}]
                """)
        #expect(try catalogue.plan(for: Given.request()).provider == "tiny")
        #expect(try catalogue.plan(for: Given.request(["memory": 2])).provider == "big")
        #expect(catalogue.providers.map(\.displayName) == ["tiny", "Big one"])
        #expect(catalogue.providers[0].capacity.sessions == 3)
        #expect(catalogue.providers[1].types == [.bareMetal])
    }

    @Test func `a higher priority is looked at first, a default deployment is taken`() throws {
        let catalogue = try Given.catalogue(
            """
            [{"name": "a", "resource_type": "bare_metal", "providers": "local"},
             {"name": "b", "resource_type": "bare_metal", "providers": "local", "priority": 1},
             {"name": "c", "resource_type": "bare_metal", "providers": "local", "priority": "1"}]
            """,
            deployments: #"{"bare_metal": [{"name": "x"}, {"name": "y", "default": "True"}]}"#)
        #expect(catalogue.templates.map(\.name) == ["b", "c", "a"])
        #expect(try catalogue.plan(for: Given.request()).deployment == "y")
    }

    @Test func `fallbacks are tried in their order, as far as they fit the wish and the user`() throws {
        let catalogue = try Given.catalogue(
            """
            [{"name": "a", "resource_type": "bare_metal", "providers": "local", "fallback": ["d", "c", "b"]},
             {"name": "b", "resource_type": "bare_metal", "providers": "local"},
             {"name": "c", "resource_type": "bare_metal", "providers": "local", "limits": {"memory": 1}},
             {"name": "d", "resource_type": "bare_metal", "providers": "local", "access": ["bob"]}]
            """)
        for (memory, expected) in [(1, ["c", "b"]), (2, ["b"])] {
            let request = try Given.request(["template": "a", "memory": .integer(memory)])
            #expect(try catalogue.plans(for: request).map(\.template) == ["a"] + expected)
        }
    }

    @Test func `a template's other providers come before its fallbacks, unless the user named one`() throws {
        let catalogue = try Given.catalogue(
            """
            [{"name": "a", "resource_type": "bare_metal", "providers": ["local", "ku", "far"], "fallback": ["b"]},
             {"name": "b", "resource_type": "bare_metal", "providers": ["local"]}]
            """,
            providers: """
                [{"name": "local", "cost_per_hour": 0.5}, {"name": "ku"},
                 {"name": "far", "types": ["container"]}]
                """)
        let plans = try catalogue.plans(for: Given.request(["template": "a"]))
        #expect(plans.map(\.provider) == ["local", "ku", "local"])
        #expect(plans.map(\.template) == ["a", "a", "b"])
        #expect(plans.map(\.costPerHour) == [0.5, nil, 0.5])
        let chosen = try catalogue.plans(for: Given.request(["template": "a", "provider": "ku"]))
        #expect(chosen.map(\.provider) == ["ku"])
    }

    // MARK: Decisions

    @Test func `a decision says of each template why`() throws {
        let catalogue = try Given.catalogue(Self.templates, deployments: Self.deployments)
        let decision = catalogue.decide(for: try Given.request(["memory": 4]))
        #expect(decision.candidates.map(\.template) == ["Small", "Large", "Boat"])
        #expect(decision.candidates.map(\.taken) == [false, true, false])
        #expect(decision.candidates[0].reason.contains("more than its limit of 2 GB"))
        #expect(decision.candidates[2].reason.contains("this build has no backend 'swarm'"))
        #expect(decision.plan?.template == "Large")
        #expect(decision.spawnError == nil)
        let all = catalogue.decide(for: try Given.request(["memory": 40]), showingHidden: true)
        #expect(all.candidates.map(\.reason)[2] == "the user may not use it")
        #expect(all.plan == nil)
        #expect(all.spawnError?.code == .invalidRequest)
        #expect(catalogue.decide(for: try Given.request([1])).spawnError?.code == .invalidRequest)
    }

    @Test func `a decision hides what is secret`() throws {
        let catalogue = try Given.catalogue(
            """
            [{"name": "a", "resource_type": "bare_metal", "providers": "local",
              "kwargs": {"environment": {"DB_PASSWORD": "hunter2", "PLAIN": "seen"}}}]
            """)
        let decision = catalogue.decide(for: try Given.request())
        #expect(decision.plan?.options == ["environment": ["DB_PASSWORD": "<hidden>", "PLAIN": "seen"]])
        #expect(!String(describing: decision).contains("s3cret"))
    }

    @Test(arguments: [("{}", 60), (#"{"default": 120}"#, 120), (#"{"max": 480}"#, 480)])
    func `nobody gets more minutes than the template, or else the hub, allows`(rule: String, most: Int) throws {
        let catalogue = try Given.catalogue(
            #"[{"name": "a", "resource_type": "bare_metal", "providers": "local", "lifetime": \#(rule)}]"#)
        let settings = ServerSettings(lifetime: 60)
        let allowed = try Given.request(["lifetime": .integer(most)], settings: settings)
        #expect(try catalogue.plan(for: allowed).lifetime == Lifetime(minutes: most, maximum: most))
        let excessive = try Given.request(["lifetime": .integer(most + 1)], settings: settings)
        #expect(throws: SpawnError.self) { try catalogue.plan(for: excessive) }
    }
}
