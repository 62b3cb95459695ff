import ArgumentParser
import MultipleSpawner

/// `check`: what is wrong in the files, as a compiler says it.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Read the files and say what is wrong.",
        discussion: "Prints FILE:LINE:COLUMN: severity: message [rule], and exits with 1 when there is an error.")

    @OptionGroup var options: SettingsOptions
    @Flag(help: "Take unknown placeholders for errors.") var strict = false
    @Option(help: "text or json.") var format = OutputFormat.text

    private struct Report: Encodable {
        let diagnostics: [Diagnostic]
        let errors: Int
        let warnings: Int
    }

    func run() async throws {
        try await reporting {
            let settings = try options.settings()
            let paths = CataloguePaths(settings, home: options.home)
            let registry = try Plugins.registry(stateDirectory: settings.stateDirectory, docker: settings.docker)
            let reading = Catalogue.read(try paths.sources(), registry: registry, strict: strict)
            let errors = reading.diagnostics.count { $0.severity == .error }
            let report = Report(
                diagnostics: reading.diagnostics, errors: errors, warnings: reading.diagnostics.count - errors)
            switch format {
            case .json: try report.printJSON()
            case .text:
                for diagnostic in report.diagnostics { print(diagnostic) }
                let files = paths.all.isEmpty ? "embedded defaults" : paths.all.joined(separator: ", ")
                print("\(files): \(report.errors) errors, \(report.warnings) warnings")
            }
            if errors > 0 { throw ExitCode(1) }
        }
    }
}
