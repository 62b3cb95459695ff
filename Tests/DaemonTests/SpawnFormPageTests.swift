import FoundationEssentials
import Testing

@testable import Daemon
@testable import MultipleSpawner

@Suite struct SpawnFormPageTests {
    private func form(
        name: String = "Small", deployments: String? = nil, last: JSONValue = nil, page: [String: JSONValue] = [:],
        others: [JSONValue] = [], providers: JSONValue? = nil, rooms: ProviderRooms = .unknown,
        quotas: QuotaRules = QuotaRules()
    ) throws -> SpawnForm {
        let options: [String: JSONValue] = [
            "images": [
                ["name": .string(name), "image": "lab/base:1", "description": .string("about \(name)")],
                ["name": "Other", "image": "lab/base:1"],
            ],
            "enable_user_upload_install_files": true, "allowed_user_upload_extensions": [".txt", ".yml"],
        ]
        let templates: JSONValue = .array(
            [
                [
                    "name": .string(name), "description": .string("about \(name)"), "resource_type": "bare_metal",
                    "providers": ["local"], "limits": ["memory": 2, "cpu": 1.5],
                    "lifetime": ["default": 60, "max": 120],
                ],
                [
                    "name": "Large", "resource_type": "bare_metal", "providers": ["local", "ku"],
                    "limits": ["memory": 8],
                ],
                [
                    "name": "Boat", "resource_type": "container", "providers": ["local"],
                    "limits": ["memory": 8], "class": "multiplespawner.Mock",
                    "kwargs": .object(options.merging(page) { $1 }),
                ],
            ] + others)
        let reading = Catalogue.read(
            CatalogueSources(
                templates: CatalogueSources.File(name: "t.json", text: templates.text),
                deployments: deployments.map { CatalogueSources.File(name: "d.json", text: $0) },
                providers: providers.map { CatalogueSources.File(name: "p.json", text: $0.text) }),
            registry: try Plugins.registry(stateDirectory: ""))
        let identity = try SessionIdentity(hub: "hub", user: "alice")
        return try #require(reading.catalogue, "\(reading.diagnostics)").form(
            for: SessionRequest(id: try SessionID("form"), identity: identity, groups: ["lab"], options: last),
            rooms: rooms, standings: QuotaBook(quotas).standings(of: identity, groups: ["lab"], at: Date()))
    }

    private static let providers: JSONValue = [
        ["name": "local", "types": ["bare_metal", "container"], "capacity": ["sessions": 5], "cost_per_hour": 0.2],
        ["name": "ku", "types": ["bare_metal"], "display_name": "The <b>lab</b>"],
    ]
    private static let rooms = ProviderRooms(
        availability: [
            "local": Availability(memory: 64 << 30, cpu: 16),
            "ku": Availability(sessions: 0, problem: "<script>alert('full')</script>"),
        ], sessions: ["local": 2])

    @Test func `what is free and what it costs is shown, without scripts too`() throws {
        let html = try SpawnFormPage.html(form(providers: Self.providers, rooms: Self.rooms))
        #expect(
            html.contains(
                #"<option value="Small">Small: about Small (3 free; the largest has 64 GB, 16 cores; 0.2 per hour)</option>"#
            ))
        #expect(
            html.contains(
                #"<th scope="row">Local machine: Small</th><td>3 free</td><td>64 GB, 16 cores</td><td>0.2 per hour</td>"#
            ))
        // What this machine has says nothing about servers that it does not start.
        #expect(
            html.contains(#"<th scope="row">Local machine: Boat</th><td>3 free</td><td></td><td>0.2 per hour</td>"#))
        #expect(
            html.contains(
                "<td>none free now: &lt;script&gt;alert(&#39;full&#39;)&lt;/script&gt;</td><td></td><td></td>"))
        #expect(try !SpawnFormPage.html(form()).contains("What is free now"))
    }

    @Test func `what quotas leave is shown, with names as text`() throws {
        let rules = QuotaRules(bound: [
            "default": ["sessions": 2, "hours": 12.5],
            "groups": ["lab": ["together": ["memory": .integer(32 << 30)]]],
        ])
        let html = try SpawnFormPage.html(form(quotas: rules))
        #expect(html.contains("<li>2 of 2 sessions left</li>"))
        #expect(html.contains("<li>12.5 of 12.5 hours in 30 days left</li>"))
        #expect(html.contains("<li>32 GB of 32 GB of memory left, for all members of &#39;lab&#39; together</li>"))
        #expect(try !SpawnFormPage.html(form()).contains("What you may have"))
    }

    @Test func `a template that lets users choose a machine shows its machines`() throws {
        let lab: JSONValue = [
            "name": "Lab", "resource_type": "virtual_machine", "providers": ["local"], "class": "multiplespawner.SSH",
            "kwargs": ["hosts": ["lab-1", "lab-2"], "host_choice": "form"],
        ]
        let html = try SpawnFormPage.html(form(last: ["remote_host": "lab-1"], others: [lab]))
        #expect(html.contains(#"name="remote_host""#))
        #expect(html.contains(#"<option value="lab-1" selected>lab-1</option>"#))
        #expect(try !SpawnFormPage.html(form()).contains("remote_host\">"))
    }

    @Test func `every field has its label, its name and its choices`() throws {
        let html = try SpawnFormPage.html(
            form(deployments: #"{"bare_metal": [{"name": "lab", "description": "JupyterLab"}]}"#))
        for field in FormField.allCases where field != .machine {
            #expect(html.contains(#"name="\#(field.rawValue)""#))
            #expect(
                html.contains(
                    #"<label class="form-label" for="multiplespawner-\#(field.rawValue)">\#(field.label)</label>"#))
            #expect(html.contains(#"id="multiplespawner-\#(field.rawValue)""#))
        }
        #expect(html.contains(#"<option value="local">Local machine</option>"#))
        #expect(html.contains(#"<option value="ku">KU Cloud</option>"#))
        #expect(html.contains(#"<optgroup label="Local machine: Bare metal machine">"#))
        #expect(html.contains(#"<option value="Small">Small: about Small</option>"#))
        #expect(html.contains(#"<option value="lab">JupyterLab</option>"#))
        #expect(html.contains("At most 8 GB."))
        #expect(!html.contains("<form"))
    }

    @Test func `the last choice is shown again`() throws {
        let last: JSONValue = [
            "spawn_options": [
                "provider": "ku", "resource_type": "bare_metal", "template": "Large",
                "resource_specification": ["memory": "4", "cpu": 0.5], "session_configuration": ["lifetime": 30],
            ]
        ]
        let html = try SpawnFormPage.html(form(last: last))
        #expect(html.contains(#"<option value="ku" selected>"#))
        #expect(html.contains(#"<option value="Large" selected>"#))
        #expect(html.contains(#"name="memory" value="4""#))
        #expect(html.contains(#"name="cpu" value="0.5""#))
        #expect(html.contains(#"name="lifetime" value="30""#))
    }

    @Test func `who may start nothing is told so`() throws {
        let reading = Catalogue.read(
            CatalogueSources(
                templates: CatalogueSources.File(
                    name: "t", text: #"[{"name": "a", "resource_type": "bare_metal", "providers": "x", "access": {}}]"#)
            ),
            registry: try Plugins.registry(stateDirectory: ""))
        let html = try SpawnFormPage.html(#require(reading.catalogue).form(for: "alice", groups: []))
        #expect(html.contains("nothing that you may start"))
        #expect(!html.contains("<select"))
    }

    private static let ship: JSONValue = [
        "name": "Ship", "resource_type": "container", "providers": ["local"], "class": "multiplespawner.Mock",
        "kwargs": ["images": [["name": "Ship's", "image": "lab/ship:1"]]],
    ]

    @Test func `images are a list of their own, with what SwarmSpawner's tests look for`() throws {
        let html = try SpawnFormPage.html(form())
        #expect(html.contains("Select a notebook image"))
        #expect(html.contains(#"name="select_image""#))
        #expect(html.contains(#"-help" required autofocus>"#))
        let value = "{&quot;image&quot;:&quot;lab/base:1&quot;,&quot;name&quot;:&quot;Other&quot;}"
        #expect(html.contains(#"<option value="\#(value)" title="">Other</option>"#))
        #expect(html.contains(#"type="file" multiple id="multiplespawner-user-upload" name="user-upload""#))
        #expect(html.contains(#"accept=".txt,.yml""#))
        #expect(html.contains("At most 10 files of 500 KB each: .txt, .yml"))
        #expect(!html.contains("<option value=\"\">The usual one</option>\n        <option value=\"{"))
    }

    @Test func `the last image is shown again`() throws {
        let html = try SpawnFormPage.html(
            form(last: ["user_selected_name": "Other", "user_selected_image": "lab/base:1"]))
        #expect(html.contains(#"title="" selected>Other</option>"#))
    }

    @Test func `several lists stand apart, each with an empty choice for pages without scripts`() throws {
        let html = try SpawnFormPage.html(form(others: [Self.ship]))
        #expect(html.contains(#"<fieldset class="mb-4" data-multiplespawner-menu="0">"#))
        #expect(html.contains(#"<fieldset class="mb-4" data-multiplespawner-menu="1">"#))
        #expect(html.contains(#"<legend class="h4">Boat</legend>"#))
        #expect(html.contains(#"<legend class="h4">Ship</legend>"#))
        #expect(html.contains(#"id="multiplespawner-select_image-1""#))
        #expect(!html.contains("required"))
        #expect(html.components(separatedBy: "The usual one").count == 3)
    }

    @Test func `a form without images has no list of them`() throws {
        let reading = Catalogue.read(
            CatalogueSources(), registry: try Plugins.registry(stateDirectory: ""))
        let html = try SpawnFormPage.html(#require(reading.catalogue).form(for: "alice", groups: []))
        #expect(!html.contains("select_image\""))
        #expect(!html.contains("user-upload"))
        #expect(!html.contains("data-multiplespawner-menu=\""))
    }

    @Test func `an admin's own page is filled in, once and escaped`() throws {
        let html = try SpawnFormPage.html(
            form(
                name: "<b>'\"{value}{option_template}",
                page: [
                    "form_template": "<p>Pick: {} {x}</p><select name=select_image>{option_template}</select>",
                    "option_template": "<option value={value}>{name}</option>", "user_upload_form": "<input id=own>",
                ]))
        #expect(html.contains("<p>Pick: {} {x}</p><select name=select_image><option value=&#123;"))
        #expect(html.contains(">&#60;b&#62;&#39;&#34;&#123;value&#125;&#123;option_template&#125;</option>"))
        #expect(html.contains(">Other</option></select>"))
        #expect(html.contains("<input id=own>"))
        #expect(!html.contains("multiplespawner-user-upload\""))
        #expect(!html.contains(#"id="multiplespawner-select_image""#))
        let alone = try SpawnFormPage.html(form(page: ["option_template": "<option value='{value}'>{name}!</option>"]))
        #expect(alone.contains("Select a notebook image"))
        #expect(alone.contains(">Other!</option>"))
    }

    @Test(arguments: [
        "<script>alert(1)</script>", "\"onfocus=alert(1) autofocus x=\"", "'>&amp;<img src=x>", "</script><script>x",
        "</select>", "{{name}}", "{{{offer}}}", "<!--", "\"\u{301} onfocus=alert(1)", "<\u{301}b>", "\u{202E}x",
    ])
    func `nothing that is written in a file becomes HTML`(name: String) throws {
        let html = try SpawnFormPage.html(form(name: name))
        let plain = try SpawnFormPage.html(form(name: "Small"))
        // What could begin or end an element or a value is there exactly as often as without the name.
        #expect(html.marks("<>") == plain.marks("<>"))
        let offer = #"id="multiplespawner-offer">"#
        let fields = try #require(html.components(separatedBy: offer).first)
        #expect(fields.marks("\"'") == (try #require(plain.components(separatedBy: offer).first)).marks("\"'"))
        #expect(html.components(separatedBy: "</script>").count == plain.components(separatedBy: "</script>").count)
    }

    @Test func `the offer is JSON that the script can read`() throws {
        let html = try SpawnFormPage.html(form(name: "</script> & \"x\""))
        let start = try #require(html.firstRange(of: #"id="multiplespawner-offer">"#)).upperBound
        let end = try #require(html[start...].firstRange(of: "</script>")).lowerBound
        let offer = try JSONDecoder().decode(SpawnForm.self, from: Data(html[start..<end].utf8))
        #expect(offer.providers.first?.types.first?.templates.first?.name == "</script> & \"x\"")
    }
}

extension String {
    /// How many of these marks are in here, whatever they are combined with.
    func marks(_ marks: String) -> Int {
        unicodeScalars.count { marks.unicodeScalars.contains($0) }
    }
}
