import ArgumentParser
import FoundationEssentials
import Glibc
import MultipleSpawner

/// The options that say where files are, shared by all commands.
struct SettingsOptions: ParsableArguments {
    @Option(help: "The templates file (MULTIPLE_SPAWNER_TEMPLATE_FILE).") var templates: String?
    @Option(help: "The deployments file (MULTIPLE_SPAWNER_DEPLOYMENT_FILE).") var deployments: String?
    @Option(help: "The providers file (MULTIPLE_SPAWNER_PROVIDERS_FILE).") var providers: String?
    @Option(help: "The daemon's unix socket (MULTIPLE_SPAWNER_SOCKET).") var socket: String?
    @Option(help: "The directory of journal, logs and keys (MULTIPLE_SPAWNER_STATE_DIR).") var stateDir: String?
    @Option(help: "The settings file (MULTIPLE_SPAWNER_CONFIG_FILE).") var config: String?

    /// The settings in force.
    ///
    /// - Parameter more: what a command's own options add.
    func settings(_ more: [Settings.Key: String] = [:]) throws -> Settings {
        let environment = ProcessInfo.processInfo.environment
        var arguments = more
        arguments[.templates] = templates
        arguments[.deployments] = deployments
        arguments[.providers] = providers
        arguments[.socket] = socket
        arguments[.stateDirectory] = stateDir
        return try Settings(arguments: arguments, environment: environment, file: try file(environment))
    }

    var home: String? { ProcessInfo.processInfo.environment["HOME"] }

    private func file(_ environment: [String: String]) throws -> JSONValue {
        let named = config ?? environment["MULTIPLE_SPAWNER_CONFIG_FILE"]
        let path = (named ?? "~/.multiplespawner/config").expandingTilde(home: environment["HOME"])
        guard named != nil || access(path, F_OK) == 0 else { return [:] }
        return try Settings.shape.bind(JSONSource(file: path, bytes: try FileBytes.read(path)))
    }
}

/// How facts are printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}

extension Encodable {
    /// Prints the value as JSON, one line.
    func printJSON() throws {
        print(String(decoding: try JSONEncoder.wire.encode(self), as: UTF8.self))
    }
}

/// Runs a command's body; an error of ours is told on standard error and becomes the exit status that it stands for.
func reporting(_ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let error as SpawnError {
        var text = "multiplespawner: error: \(error.message)\n"
        for detail in error.details { text += "  \(detail)\n" }
        _ = write(STDERR_FILENO, text, text.utf8.count)
        throw ExitCode(error.code.exitStatus)
    }
}
