import ArgumentParser
import FoundationEssentials
import MultipleSpawner

/// `plan`: what a request would do, and why. Starts nothing.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Say what a request would do, and why; start nothing.")

    @OptionGroup var options: SettingsOptions
    @Option(help: "The user who asks.") var user: String
    @Option(name: .customLong("group"), help: "A group of the user; may be repeated.") var groups: [String] = []
    @Option(help: "The name of a named server.") var server = ""
    @Option(name: .customLong("options"), help: "The user options, JSON.") var userOptions = "null"
    @Option(help: "text or json.") var format = OutputFormat.text

    func run() async throws {
        try await reporting {
            let settings = try options.settings()
            let registry = try Plugins.registry(stateDirectory: settings.stateDirectory, docker: settings.docker)
            let reading = Catalogue.read(
                try CataloguePaths(settings, home: options.home).sources(), registry: registry)
            guard let catalogue = reading.catalogue else {
                throw SpawnError(
                    .invalidRequest, "the files have errors", details: reading.diagnostics.map(\.description))
            }
            let source = JSONSource(file: "--options", text: userOptions)
            guard let chosen = source.root?.jsonValue, !source.diagnostics.hasErrors else {
                throw SpawnError(
                    .invalidRequest, "--options is no JSON", details: source.diagnostics.map(\.description))
            }
            let request = SessionRequest(
                id: try SessionID("plan"), identity: try SessionIdentity(hub: "plan", user: user, server: server),
                groups: Set(groups), options: chosen)
            let decision = catalogue.decide(for: request, showingHidden: true)
            switch format {
            case .json: try decision.printJSON()
            case .text: print(decision.text)
            }
            if let error = decision.spawnError { throw error }
        }
    }
}
