import ArgumentParser
import FoundationEssentials
import MultipleSpawner

/// `providers`: who owns machines, which there are, and which hosts take no more sessions.
struct ProvidersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "providers", abstract: "List providers and their machines; take hosts out of use.",
        subcommands: [List.self, Drain.self, Resume.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List providers, hosts and machines.")
        @OptionGroup var options: SettingsOptions
        @Option(help: "text or json.") var format = OutputFormat.text

        func run() async throws {
            try await reporting {
                let answer = try await DaemonClient(options.settings()).call("GET", "/v1/providers")
                if format == .json { return try answer.printJSON() }
                let providers = answer["providers"]?.arrayValue ?? []
                let rows = providers.map { provider in
                    ["name", "kind", "sessions", "free_sessions", "problem"].map { provider.cell($0) }
                }
                print(Table(["PROVIDER", "KIND", "SESSIONS", "FREE", "PROBLEM"], rows))
                let hosts = providers.flatMap { provider in
                    (provider["hosts"]?.arrayValue ?? []).map { host in
                        [provider.cell("name")] + ["name", "used", "slots", "state", "problem"].map { host.cell($0) }
                    }
                }
                if !hosts.isEmpty {
                    print("\n\(Table(["PROVIDER", "HOST", "USED", "SLOTS", "STATE", "PROBLEM"], hosts))")
                }
                let machines =
                    providers.flatMap { $0["machines"]?.arrayValue ?? [] } + (answer["orphans"]?.arrayValue ?? [])
                if !machines.isEmpty {
                    let rows = machines.map { machine in
                        ["provider", "name", "user", "state", "idle_since", "token"].map { machine.cell($0) }
                    }
                    print("\n\(Table(["PROVIDER", "MACHINE", "USER", "STATE", "IDLE SINCE", "TOKEN"], rows))")
                }
            }
        }
    }

    struct Drain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a host no new session; those that are there stay.")
        @OptionGroup var options: SettingsOptions
        @Argument(help: "The provider's name.") var name: String
        @Argument(help: "The host, as the pool names it.") var host: String

        func run() async throws { try await ProvidersCommand.put(name, host, "drained", options) }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give a drained host sessions again.")
        @OptionGroup var options: SettingsOptions
        @Argument(help: "The provider's name.") var name: String
        @Argument(help: "The host, as the pool names it.") var host: String

        func run() async throws { try await ProvidersCommand.put(name, host, "serving", options) }
    }

    private static func put(_ name: String, _ host: String, _ state: String, _ options: SettingsOptions) async throws {
        try await reporting {
            let body: JSONValue = ["provider": .string(name), "host": .string(host), "state": .string(state)]
            let answer = try await DaemonClient(options.settings()).call("PUT", "/v1/providers/hosts", body)
            print("\(host.excerpt): \(answer["state"]?.stringValue ?? "-")")
        }
    }
}

extension JSONValue {
    /// What stands in a table for the value of a key.
    fileprivate func cell(_ key: String) -> String {
        guard let value = self[key], !value.isNull else { return "-" }
        return (value.stringValue ?? value.text).excerpt
    }
}
