import ArgumentParser
import MultipleSpawner

/// `doctor`: whether what the files name could serve now, and what to do where not.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Ask every backend that the files name whether it could serve now.",
        discussion: "Exits with 1 when something failed.")

    @OptionGroup var options: SettingsOptions
    @Option(help: "text or json.") var format = OutputFormat.text

    func run() async throws {
        try await reporting {
            let settings = try options.settings()
            let sources = try CataloguePaths(settings, home: options.home).sources()
            let connections = Connections()
            let installation = Result { try StateDirectory.installation(in: settings.stateDirectory) ?? "" }
            let registry = try Plugins.registry(
                stateDirectory: settings.stateDirectory, docker: settings.docker,
                installation: (try? installation.get()) ?? "",
                playbooks: settings.playbooks, connections: connections)
            let reading = Catalogue.read(sources, registry: registry)
            var findings = reading.diagnostics.map {
                Finding($0.severity == .error ? .failed : .warning, "files", $0.description)
            }
            if case .failure(let error) = installation {
                findings.append(Finding(.warning, "state", "what is ours cannot be told: \(error)"))
            }
            for template in reading.catalogue?.templates ?? [] {
                guard let backend = try? registry.backend(template.backend) else {
                    findings.append(
                        Finding(
                            .failed, template.name,
                            "this build has no backend '\(template.backend.rawValue)'; remove the template, or give it another class"
                        ))
                    continue
                }
                findings += await backend.examine(template.backendOptions).map {
                    Finding($0.level, "\(template.name): \($0.subject)", $0.message)
                }
                if let way = template.way, let authenticator = try? registry.authenticator(way.kind) {
                    let machines = type(of: backend).machines(of: template.backendOptions)
                    findings += await authenticator.examine(way.options, machines: machines).map {
                        Finding($0.level, "\(template.name): \($0.subject)", $0.message)
                    }
                }
            }
            for template in reading.catalogue?.templates ?? [] {
                for wanted in template.configurations {
                    guard let configurer = try? registry.configurer(wanted.kind) else { continue }
                    findings += await configurer.examine(wanted.options).map {
                        Finding($0.level, "\(template.name): \($0.subject)", $0.message)
                    }
                }
            }
            for entry in reading.catalogue?.providers ?? [] {
                findings += await registry.examine(entry, installation: (try? installation.get()) ?? "").map {
                    Finding($0.level, "\(entry.name): \($0.subject)", $0.message)
                }
            }
            await connections.shutDown()
            switch format {
            case .json: try findings.printJSON()
            case .text:
                for finding in findings {
                    print("\(finding.level.rawValue.padded(8))\(finding.subject): \(finding.message)")
                }
            }
            if findings.contains(where: { $0.level == .failed }) { throw ExitCode(1) }
        }
    }
}

extension String {
    fileprivate func padded(_ width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - count))
    }
}
