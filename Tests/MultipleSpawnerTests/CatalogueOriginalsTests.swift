import MultipleSpawner
import Testing

/// The files that the original ships and documents load as they are.
@Suite struct `Catalogue: files of the originals` {
    @Test func `the shipped templates and deployments load without a remark`() throws {
        let reading = try Given.originals(
            templates: "shipped-templates.json", deployments: "shipped-deployments.json")
        #expect(reading.diagnostics.map(\.description) == [])
        let catalogue = try #require(reading.catalogue)
        #expect(catalogue.templates.map(\.name) == ["SwarmSpawner", "VirtualMachine Spawner", "Local Process Spawner"])
        #expect(catalogue.templates.map(\.backend) == ["swarm", "ssh", "paper"])
        #expect(catalogue.providers.map(\.name) == ["local", "libvirt_provider"])
        #expect(catalogue.providers.map(\.kind) == ["local", "libvirt_provider"])
    }

    @Test func `the first template that this build can serve is taken when nothing is asked`() throws {
        let catalogue = try #require(
            Given.originals(templates: "shipped-templates.json", deployments: "shipped-deployments.json").catalogue)
        let plan = try catalogue.plan(for: Given.request())
        #expect(plan.template == "Local Process Spawner")
        #expect(plan.deployment == "local_machine")
        #expect(plan.provider == "local")
        #expect(plan.backend == "paper")
    }

    @Test(arguments: [("container", "local", "swarm"), ("virtual_machine", "libvirt_provider", "ssh")])
    func `a backend to come is answered with unsupported, by name`(
        type: String, provider: String, backend: String
    ) throws {
        let catalogue = try #require(
            Given.originals(templates: "shipped-templates.json", deployments: "shipped-deployments.json").catalogue)
        let error = #expect(throws: SpawnError.self) {
            try catalogue.plan(
                for: Given.request([
                    "spawn_options": ["provider": .string(provider), "resource_type": .string(type)]
                ]))
        }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("'\(backend)'") == true)
    }

    @Test func `the shipped providers do not list bare metal, which is told and holds`() throws {
        let reading = try Given.originals(
            templates: "shipped-templates.json", deployments: "shipped-deployments.json",
            providers: "shipped-providers.json")
        #expect(reading.diagnostics.map(\.rule) == [.unreachableTemplate])
        #expect(reading.diagnostics.first?.severity == .warning)
        #expect(reading.diagnostics.first?.line == 63)
        let catalogue = try #require(reading.catalogue)
        let decision = catalogue.decide(
            for: try Given.request(["spawn_options": ["provider": "local", "resource_type": "bare_metal"]]))
        #expect(decision.plan == nil)
        #expect(decision.error?.code == .invalidRequest)
    }

    @Test func `the documented example loads; its line continuation is a warning`() throws {
        let reading = try Given.originals(
            templates: "readme-templates-example.json", deployments: "readme-deployments-example.json")
        #expect(Set(reading.diagnostics.map(\.rule)) == [.lineContinuation, .unusedDeployment])
        let template = try #require(reading.catalogue?.templates.first)
        #expect(template.name == "VirtualMachine Spawner")
        #expect(template.configurers.first?.name == "corc.configurer.AnsibleConfigurer")
        #expect(template.authenticator?.options == ["create_certificate": "True"])
    }

    @Test func `the documented structure is JSON with comments, and its blanks are told one by one`() throws {
        let reading = try Given.originals(
            templates: "readme-templates-structure.json", deployments: "readme-deployments-structure.json")
        #expect(reading.catalogue == nil)
        #expect(
            reading.places == [
                "3:17 empty-name", "4:26 unknown-value", "5:22 empty-name", "7:22 unknown-value",
                "11:22 unknown-value", "11:24 trailing-comma", "17:22 unknown-value", "2:5 unknown-key",
            ])
    }

    @Test func `the files of the branches load: both forms, both spellings of providers and types`() throws {
        let reading = try Given.originals(
            templates: "branch-templates.json", deployments: "branch-deployments.json")
        #expect(reading.diagnostics.map(\.description) == [])
        #expect(reading.catalogue?.templates.map(\.providers) == [["local"], ["aws"], ["aws"]])
        #expect(reading.catalogue?.templates.map(\.resourceType) == [.container, .container, .virtualMachine])
    }

    @Test(arguments: ["\"{}\"", "{}", "[]"])
    func `what the original writes into a file that was missing is no template, and a warning`(text: String) throws {
        let reading = Given.reading(text, deployments: text == "[]" ? nil : text)
        #expect(reading.diagnostics.map(\.rule) == [.noTemplates])
        let error = #expect(throws: SpawnError.self) { try reading.catalogue?.plan(for: Given.request()) }
        #expect(error?.code == .notFound)
    }
}
