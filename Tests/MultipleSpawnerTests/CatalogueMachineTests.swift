import MultipleSpawner
import Testing

/// What templates say of machines, of their providers and of what prepares them.
@Suite struct CatalogueMachineTests {
    private static let registry = Registry(
        backends: [Registry.Entry(ScriptedBackend(), classes: ["test.Scripted"])],
        authenticators: [
            Registry.AuthenticatorEntry(ScriptedAuthenticator(beside: ScriptedBackend()), classes: ["test.Door"])
        ],
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

    @Test(arguments: [
        (#""machine": {"at_stop": "keep"}"#, "keep"), (#""machine": {"at_stop": "stop"}"#, "stop"),
        (#""machine": {"at_end": "stop"}"#, "at_end"),
    ])
    func `a machine that stays without a key that does is a warning`(machine: String, word: String) throws {
        let door = #""authenticator": {"class": "test.Door"}"#
        let reading = reading("\(machine), \(door)")
        #expect(reading.catalogue != nil)
        let warning = try #require(reading.diagnostics.first { $0.rule == .closedMachine })
        #expect(warning.severity == .warning && warning.line == 1)
        #expect(warning.message.contains("'\(word)'") && warning.message.contains("load_existing"))
    }

    @Test(arguments: [
        #""machine": {"at_stop": "keep"}, "authenticator": {"class": "test.Door", "kwargs": {"load_existing": "True"}}"#,
        #""machine": {"at_stop": "destroy"}, "authenticator": {"class": "test.Door"}"#,
        #""machine": {"at_stop": "keep"}"#, #""authenticator": {"class": "test.Door"}"#,
    ])
    func `a key that stays, a machine that does not, and no key of ours are none`(more: String) {
        #expect(!reading(more).diagnostics.contains { $0.rule == .closedMachine })
    }

    @Test func `a provider that has no machine to give keeps none`() {
        let more = #""machine": {"at_stop": "keep"}, "authenticator": {"class": "test.Door"}"#
        #expect(!reading(more, providers: nil).diagnostics.contains { $0.rule == .closedMachine })
    }

    @Test func `a wrong end is told with what there is`() {
        let reading = reading(#""machine": {"at_stop": "explode"}"#)
        #expect(reading.catalogue == nil)
        #expect(reading.diagnostics.contains { $0.message.contains("destroy") })
    }
}
