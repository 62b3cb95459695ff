import ArgumentParser

/// `multiplespawner`: the program.
@main
struct MultipleSpawnerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "multiplespawner",
        abstract: "One JupyterHub in front of many kinds of machines.")
}
