import MultipleSpawner
import Testing

/// What is told about files, and where.
@Suite struct `Catalogue: diagnostics` {
    private func remarks(
        _ templates: String, deployments: String? = nil, providers: String? = nil
    ) -> [String] {
        Given.reading(templates, deployments: deployments, providers: providers).diagnostics.map(\.description)
    }

    private func template(_ more: String = "", name: String = "a") -> String {
        #"{"name": "\#(name)", "resource_type": "bare_metal", "providers": ["local"]\#(more.isEmpty ? "" : ", ")\#(more)}"#
    }

    @Test(arguments: [
        (#""kwargs": {"prot": 1}"#, "error: the key 'prot' is not known; did you mean 'port'? [unknown-key]"),
        (#""spawner": {"kwargs": {"prot": 1}}"#, "did you mean 'port'? [unknown-key]"),
        (#""class": "multiplespawner.Papr""#, "did you mean 'multiplespawner.Paper'? [unknown-value]"),
        (#""spawner": {"class": "jhub.SwarmSpawer"}"#, "did you mean 'jhub.SwarmSpawner'? [unknown-value]"),
        (#""class": "multiplespawner.Paper", "spawner": {"class": "multiplespawner.Paper"}"#, "[two-forms]"),
        (#""providrs": ["x"]"#, "the key 'providrs' is not known; did you mean 'providers'? [unknown-key]"),
        (#""provider": "x""#, "'provider' is another spelling of a key that is given already ('providers')"),
        (
            #""configurer": {"class": "corc.configurer.AnsibelConfigurer"}"#,
            "did you mean 'corc.configurer.AnsibleConfigurer'?"
        ),
        (#""configurer": {"options": {}}"#, "'class' is missing; write {} where nothing is wanted [missing-key]"),
        (#""access": {"user": 3, "grups": []}"#, "the key 'grups' is not known; did you mean 'groups'?"),
        (#""limits": {"memory": "much"}"#, "'memory' is 'much'; it must be an amount of memory"),
        (#""lifetime": {"default": 60, "max": 30}"#, "the default lifetime of 60 minutes is more than the most, 30"),
        (#""lifetime": {"max": 0}"#, "'max' is 0; it must be a whole number from 1 to 525600 [out-of-range]"),
        (#""fallback": ["b"]"#, "the fallback 'b' is no template of this file; did you mean 'a'? [unknown-template]"),
    ])
    func `a template's mistakes are errors, with the nearest name`(more: String, expected: String) {
        let all = remarks("[\(template(more))]")
        #expect(all.contains { $0.contains(expected) && $0.contains(": error: ") }, "\(all)")
        #expect(Given.reading("[\(template(more))]").catalogue == nil)
    }

    @Test func `what a template must have is missed by name`() {
        #expect(
            remarks("[{}]").map { $0.prefix { $0 != ":" } + $0.dropFirst(14) }.count == 3)
        let places = Given.reading("[{\"name\": \"a\"}]").places
        #expect(places == ["1:2 missing-key", "1:2 missing-key"])
        #expect(
            Given.reading("[{\"resource_type\": \"container\", \"providers\": \"x\"}]").places == ["1:2 missing-name"])
    }

    @Test func `every mistake of every file is told, in the order of the files and lines`() {
        let reading = Given.reading(
            """
            [
              {"name": "a", "resource_type": "bare_mtal", "providers": ["local"]},
              {"name": "b", "resource_type": "bare_metal", "providers": ["local"], "kwargs": {"port": "x", "shared": 3}}
            ]
            """,
            deployments: #"{"bare_metal": [{"nme": "x"}], "contaner": []}"#,
            providers: #"[{"name": "local", "types": ["metal"]}]"#)
        #expect(reading.catalogue == nil)
        #expect(
            reading.places == [
                "2:34 unknown-value", "3:91 wrong-type", "3:106 wrong-type", "1:17 missing-key", "1:32 unknown-key",
                "1:30 unknown-value",
            ])
        #expect(reading.diagnostics[1].keyPath == "[1].kwargs.port")
        #expect(reading.diagnostics.map(\.file).last == "providers.json")
    }

    @Test func `two templates of one name are told`() {
        #expect(remarks("[\(template()), \(template())]").first?.hasSuffix("[duplicate-name]") == true)
    }

    @Test func `a provider that is not listed is told with the nearest one`() {
        let told = remarks("[\(template())]", providers: #"[{"name": "locla", "types": ["bare_metal"]}]"#)
        #expect(told.count == 1)
        #expect(told.first?.contains("warning: nothing leads to the template 'a' through the provider 'local'") == true)
        #expect(told.first?.contains("did you mean 'locla'?") == true)
    }

    @Test func `a deployment's options are held against the backends that may launch it`() {
        let bad = #"{"bare_metal": [{"name": "d", "prot": 1}]}"#
        #expect(remarks("[\(template())]", deployments: bad).first?.contains("did you mean 'port'?") == true)
        let elsewhere = #"{"bare_metal": [{"name": "d", "provider": "oci", "prot": 1}]}"#
        #expect(remarks("[\(template())]", deployments: elsewhere).first?.hasSuffix("[unused-deployment]") == true)
        let announced =
            #"{"name": "s", "class": "jhub.SwarmSpawner", "resource_type": "bare_metal", "providers": "local"}"#
        #expect(remarks("[\(template()), \(announced)]", deployments: bad) == [])
    }

    @Test(arguments: [("\"text\"", "a string"), ("3", "a number"), ("null", "null")])
    func `a file of the wrong kind is told`(text: String, kind: String) {
        #expect(remarks(text).first?.contains("the file holds \(kind); it must hold a list of templates") == true)
    }

    @Test func `an empty file is an error, and no file is the built-in template`() throws {
        #expect(Given.reading("").places == ["1:1 empty-file"])
        let reading = Given.reading()
        #expect(reading.diagnostics == [])
        #expect(reading.catalogue?.templates.map(\.name) == ["local"])
        #expect(try reading.catalogue?.plan(for: Given.request()).provider == "local")
    }

    @Test func `one template may stand without its list`() throws {
        #expect(try Given.catalogue(template()).templates.count == 1)
    }

    @Test func `hooks are read in both counts, and {} is none`() throws {
        let one = #""configurer": {"class": "corc.configurer.AnsibleConfigurer", "options": {"a": 1}}"#
        let two = #""configurers": [{"class": "corc.configurer.AnsibleConfigurer"}, {}]"#
        let args =
            #""authenticator": {"class": "corc.authenticator.SSHAuthenticator", "args": [1], "kwargs": {"b": 2}}"#
        let catalogue = try Given.catalogue(
            "[\(template(one, name: "one")), \(template(two, name: "two")), \(template(args, name: "three"))]")
        #expect(catalogue.templates.map(\.configurers.count) == [1, 1, 0])
        #expect(catalogue.templates[2].authenticator?.arguments == [1])
        #expect(catalogue.templates[2].authenticator?.options == ["b": 2])
        let error = #expect(throws: SpawnError.self) { try catalogue.plan(for: Given.request()) }
        #expect(error?.code == .unsupported)
    }

    @Test func `a reading can be told as JSON`() throws {
        let diagnostic = Diagnostic(
            severity: .error, file: "f", line: 1, column: 2, keyPath: "[0]", rule: .unknownKey, message: "m")
        #expect(diagnostic.description == "f:1:2: error: m [unknown-key]")
    }
}
