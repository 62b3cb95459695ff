import ArgumentParser
import FoundationEssentials
import MultipleSpawner
import Transport

/// `plugin`: what concerns external programs that serve as plug-ins.
struct PluginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin", abstract: "Look at external plug-ins.", subcommands: [PluginTestCommand.self])
}

/// `plugin test`: holds a program to all that its kind of plug-in promises.
struct PluginTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Hold a program to the promises of a plug-in.",
        discussion: """
            A backend starts some dozen servers, a provider makes some dozen machines, and all are gone at the end; so try it in \
            a place where that harms nobody. A line is printed for each promise; it exits with 1 when one is not kept.
            """)

    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case backend, provider, authenticator, configurer
    }

    @Argument(help: "The program and, after --, its arguments.") var command: [String]
    @Option(
        help: "What it serves as: backend, provider, authenticator or configurer; what it answers to, when not given.")
    var kind: Kind?
    @Option(help: "What the file of the administrator would give as 'data', JSON.") var data = "{}"
    @Option(name: .customLong("options"), help: "What a template would give as 'options', JSON.") var wishes = "{}"
    @Option(help: "The most seconds that a question may take.") var timeout = 60.0
    @Option(help: "A backend's server, JSON: a program and its arguments that listens at JUPYTERHUB_SERVICE_URL.")
    var server: String?
    @Option(help: "A configurer's machine, HOST or HOST:PORT.") var machine = "127.0.0.1"
    @Option(help: "The account on that machine.") var account: String?
    @Option(help: "text or json.") var format = OutputFormat.text

    func run() async throws {
        try await reporting {
            let trial = PluginTrial(
                command: try wholeCommand(), data: try object(data, "--data"), options: try object(wishes, "--options"),
                timeout: timeout, server: try serverCommand(), machine: machine, account: account)
            let role =
                if let role = kind.flatMap({ PluginRole(rawValue: $0.rawValue) }) { role } else {
                    try await trial.role()
                }
            var findings: [Finding] = []
            try await trial.check(role) { finding in
                findings.append(finding)
                if format == .text { print("\(finding.level.rawValue)\t\(finding.subject): \(finding.message)") }
            }
            if format == .json { try findings.printJSON() }
            if findings.contains(where: { $0.level == .failed }) { throw ExitCode(1) }
        }
    }

    private func wholeCommand() throws(SpawnError) -> [String] {
        guard let program = command.first, !program.isEmpty else {
            throw SpawnError(.invalidRequest, "no program is named; give its path")
        }
        let whole = program.hasPrefix("/") ? program : "\(FileManager.default.currentDirectoryPath)/\(program)"
        guard FileManager.default.isExecutableFile(atPath: whole) else {
            throw SpawnError(.notFound, "there is no program '\(whole.excerpt)' that can be executed; chmod +x?")
        }
        return [whole] + command.dropFirst()
    }

    private func object(_ text: String, _ what: String) throws(SpawnError) -> JSONValue {
        try ObjectShape([], others: .anything).bind(JSONSource(file: what, text: text))
    }

    private func serverCommand() throws(SpawnError) -> [String]? {
        guard let server else { return nil }
        let bound = try ObjectShape([Field("server", .list(.string), required: true, "The server.")])
            .bind(JSONSource(file: "--server", text: #"{"server": \#(server)}"#))
        return bound["server"]?.arrayValue?.compactMap(\.stringValue)
    }
}
