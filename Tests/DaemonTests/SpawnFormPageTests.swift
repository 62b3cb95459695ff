import FoundationEssentials
import MultipleSpawner
import Testing

@testable import Daemon

@Suite struct SpawnFormPageTests {
    private func form(
        name: String = "Small", deployments: String? = nil, last: JSONValue = nil
    ) throws -> SpawnForm {
        let templates: JSONValue = [
            [
                "name": .string(name), "description": .string("about \(name)"), "resource_type": "bare_metal",
                "providers": ["local"], "limits": ["memory": 2, "cpu": 1.5], "lifetime": ["default": 60, "max": 120],
            ],
            ["name": "Large", "resource_type": "bare_metal", "providers": ["local", "ku"], "limits": ["memory": 8]],
        ]
        let reading = Catalogue.read(
            CatalogueSources(
                templates: CatalogueSources.File(name: "t.json", text: templates.text),
                deployments: deployments.map { CatalogueSources.File(name: "d.json", text: $0) }),
            registry: try Plugins.registry(stateDirectory: ""))
        return try #require(reading.catalogue, "\(reading.diagnostics)").form(for: "alice", groups: [], last: last)
    }

    @Test func `every field has its label, its name and its choices`() throws {
        let html = try SpawnFormPage.html(
            form(deployments: #"{"bare_metal": [{"name": "lab", "description": "JupyterLab"}]}"#))
        for field in FormField.allCases {
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
