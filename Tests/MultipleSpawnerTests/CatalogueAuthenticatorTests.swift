import MultipleSpawner
import Testing

/// What a template says of its authenticator: checked where it is written, filled in for each request.
@Suite struct CatalogueAuthenticatorTests {
    private static let backend = ScriptedBackend()
    private static let registry = Registry(
        backends: [Registry.Entry(backend, classes: ["test.Scripted"])],
        authenticators: [
            Registry.AuthenticatorEntry(ScriptedAuthenticator(beside: backend), classes: ["test.Door", "door.Old"])
        ],
        announcedHooks: ["corc.configurer.AnsibleConfigurer"])

    private func reading(_ authenticator: String, more: String = "") -> CatalogueReading {
        let text = """
            [{"name": "x", "resource_type": "virtual_machine", "providers": ["p"], "class": "test.Scripted",
              "authenticator": \(authenticator)\(more)}]
            """
        return Catalogue.read(
            CatalogueSources(templates: CatalogueSources.File(name: "t.json", text: text)), registry: Self.registry)
    }

    private func plan(_ authenticator: String, user: String = "alice") throws -> SessionPlan {
        let reading = reading(authenticator)
        let catalogue = try #require(reading.catalogue, "\(reading.diagnostics)")
        return try catalogue.plan(for: Hub.request("a", user: user))
    }

    @Test func `a template with a known authenticator is served, its options in their types`() throws {
        let plan = try plan(
            #"{"class": "door.Old", "kwargs": {"load_existing": "True", "key_name": "{JUPYTERHUB_USER}_id_rsa"}}"#)
        #expect(plan.authenticator?.kind == ScriptedAuthenticator.kind)
        #expect(plan.authenticator?.options == ["load_existing": true, "key_name": "alice_id_rsa"])
        #expect(plan.credentials == nil)
    }

    @Test func `no authenticator is as good as an empty one`() throws {
        #expect(try plan("{}").authenticator == nil)
        #expect(try plan("null").authenticator == nil)
    }

    @Test func `positional arguments are the options that they stand for`() throws {
        let plan = try plan(#"{"class": "test.Door", "args": ["True"], "kwargs": {"rounds": "3"}}"#)
        #expect(plan.authenticator?.options == ["load_existing": true, "rounds": 3])
        for (args, place) in [
            ("[1, 2]", "2:62"), ("[true, 2]", "2:62"), ("[\"perhaps\"]", "2:56"),
        ] {
            let reading = reading(#"{"class": "test.Door", "args": \#(args)}"#)
            #expect(reading.catalogue == nil)
            #expect(reading.diagnostics.count <= 2 && reading.diagnostics.hasErrors, "\(reading.diagnostics) \(place)")
        }
    }

    @Test func `an option that is not known is told with its place and the nearest one`() {
        let reading = reading(#"{"class": "test.Door", "kwargs": {"key_nam": "k", "rounds": 10}}"#)
        #expect(reading.catalogue == nil)
        let lines = reading.diagnostics.map(\.description)
        #expect(lines.count == 2)
        #expect(lines.first?.hasPrefix("t.json:2:54: error: ") == true && lines[0].contains("'key_name'"), "\(lines)")
        #expect(lines.last?.hasPrefix("t.json:2:80: error: ") == true, "\(lines)")
    }

    @Test func `an authenticator that is not known is told with the nearest one`() {
        let reading = reading(#"{"class": "test.Doors"}"#)
        #expect(reading.catalogue == nil)
        #expect(reading.diagnostics.first?.description.contains("'test.Door'") == true, "\(reading.diagnostics)")
    }

    @Test func `a template whose configurer is known by name only is still not served`() throws {
        let reading = reading(
            #"{"class": "test.Door"}"#, more: #", "configurer": {"class": "corc.configurer.AnsibleConfigurer"}"#)
        let catalogue = try #require(reading.catalogue)
        let error = #expect(throws: SpawnError.self) { try catalogue.plan(for: Hub.request("a")) }
        #expect(error?.code == .unsupported && error?.message.contains("AnsibleConfigurer") == true)
    }

    @Test func `a secret has no place in an authenticator's options`() {
        let reading = reading(#"{"class": "test.Door", "kwargs": {"key_name": "{JUPYTERHUB_API_TOKEN}"}}"#)
        #expect(reading.catalogue == nil)
        #expect(reading.diagnostics.first?.description.contains("secret") == true)
    }
}
