import ArgumentParser

/// `multiplespawner`: the program.
@main
struct MultipleSpawnerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "multiplespawner",
        abstract: "One JupyterHub in front of many kinds of machines.",
        version: "0.1.0",
        subcommands: [
            ServeCommand.self, CheckCommand.self, PlanCommand.self, DoctorCommand.self, SessionsCommand.self,
            ProvidersCommand.self,
            LogsCommand.self, SchemaCommand.self, PluginCommand.self,
        ])
}
