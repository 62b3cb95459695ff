import MultipleSpawner
import Testing

/// What templates say of machines, of their providers and of what prepares them.
@Suite struct CatalogueMachineTests {
    private static let registry = Registry(
        backends: [Registry.Entry(ScriptedBackend(), classes: ["test.Scripted"])],
        configurers: [Registry.ConfigurerEntry(ScriptedConfigurer(), classes: ["test.Painter", "painter.Old"])],
        providers: [Registry.ProviderMaker(ScriptedProvider.self) { _ in ScriptedProvider() }])

    private func reading(
        _ more: String, providers: String? = #"[{"name": "cloud", "kind": "scripted", "types": ["virtual_machine"]}]"#,
        provider: String = "cloud"
    ) -> CatalogueReading {
        let text = """
            [{"name": "x", "resource_type": "virtual_machine", "providers": ["\(provider)"], "class": "test.Scripted",
              \(more)}]
            """
        return Catalogue.read(
            CatalogueSources(
                templates: CatalogueSources.File(name: "t.json", text: text),
                providers: providers.map { CatalogueSources.File(name: "p.json", text: $0) }), registry: Self.registry)
    }

    @Test func `a template asks its provider for a machine, with options in their types and the user's values`() throws
    {
        let reading = reading(
            #""machine": {"options": {"image": "for {username}"}, "at_stop": "keep", "idle_minutes": "30"}"#)
        let plan = try #require(reading.catalogue).plan(for: Hub.request("a"))
        #expect(plan.machine?.options == ["image": "for alice"])
        #expect(plan.machine?.policy == MachinePolicy(atStop: .keep, idleMinutes: 30))
    }

    @Test func `a provider that has none is asked for none`() throws {
        let plan = try #require(reading(#""machine": {}"#, providers: nil).catalogue).plan(for: Hub.request("a"))
        #expect(plan.machine == nil)
    }

    @Test func `a machine's option that no provider knows is an error with the nearest one`() {
        let reading = reading(#""machine": {"options": {"imag": "x"}}"#)
        #expect(reading.catalogue == nil)
        #expect(reading.diagnostics.contains { $0.rule == .unknownKey && $0.message.contains("'image'") })
    }

    @Test func `a provider's option that its kind does not know is an error`() {
        let reading = reading(
            #""machine": {}"#, providers: #"[{"name": "cloud", "kind": "scripted", "options": {"siz": 1}}]"#)
        #expect(reading.catalogue == nil)
        #expect(reading.diagnostics.contains { $0.message.contains("'size'") })
    }

    @Test func `configurers are read with their options; the machine's values are filled in later`() throws {
        let reading = reading(
            """
            "configurer": [{"class": "painter.Old", "options": {"what": "{username} at {endpoint}", "force": "True"}},
                           {"class": "test.Painter"}]
            """)
        let plan = try #require(reading.catalogue).plan(for: Hub.request("a"))
        #expect(plan.configurers.map(\.options) == [["what": "alice at {endpoint}", "force": true], [:]])
    }

    @Test func `a configurer's option that it does not know is an error with the nearest one`() {
        let reading = reading(#""configurer": {"class": "test.Painter", "options": {"forc": true}}"#)
        #expect(reading.diagnostics.contains { $0.rule == .unknownKey && $0.message.contains("'force'") })
    }

    @Test func `a wrong end is told with what there is`() {
        let reading = reading(#""machine": {"at_stop": "explode"}"#)
        #expect(reading.catalogue == nil)
        #expect(reading.diagnostics.contains { $0.message.contains("destroy") })
    }
}
