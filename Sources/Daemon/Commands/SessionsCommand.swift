import ArgumentParser
import FoundationEssentials
import Glibc
import MultipleSpawner

/// `sessions`: what runs, and what is left over.
struct SessionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions", abstract: "List, show and stop sessions.",
        subcommands: [List.self, Show.self, Stop.self, Sweep.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the sessions; with --usage, say who used how much.")
        @OptionGroup var options: SettingsOptions
        @Flag(help: "Hours, core hours, GB hours, GPU hours and cost of each user and group.") var usage = false
        @Option(help: "With --usage: from when on; 2026-11-01, 2026-11-01T12:00:00Z, 7d or 12h (30d).")
        var since: String?
        @Option(help: "With --usage: until when; now, when it is not given.") var until: String?
        @Option(help: "With --usage: of this user alone.") var user: String?
        @Option(help: "With --usage: of the members of this group alone.") var group: String?
        @Option(help: "text or json.") var format = OutputFormat.text

        func validate() throws {
            guard !usage, [since, until, user, group].contains(where: { $0 != nil }) else { return }
            throw ValidationError("--since, --until, --user and --group go with --usage; add it")
        }

        func run() async throws {
            try await reporting {
                let client = DaemonClient(try options.settings())
                if usage {
                    return try await SessionsCommand.printUsage(
                        since: since, until: until, user: user, group: group, format: format, from: client)
                }
                let answer = try await client.call("GET", "/v1/sessions")
                if format == .json { return try answer.printJSON() }
                let rows = (answer["sessions"]?.arrayValue ?? []).map { session in
                    ["id", "user", "server", "state", "template", "url", "expires"].map {
                        session[$0]?.stringValue?.excerpt ?? "-"
                    }
                }
                print(Table(["ID", "USER", "SERVER", "STATE", "TEMPLATE", "URL", "EXPIRES"], rows))
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show all that is known of a session.")
        @OptionGroup var options: SettingsOptions
        @Argument(help: "The session's id.") var id: String
        @Option(help: "text or json.") var format = OutputFormat.text

        func run() async throws {
            try await reporting {
                let id = try SessionID(id)
                let answer = try await DaemonClient(options.settings()).call("GET", "/v1/sessions/\(id.rawValue)")
                if format == .json { return try answer.printJSON() }
                for (key, value) in (answer.objectValue ?? [:]).sorted(by: { $0.key < $1.key }) where !value.isNull {
                    print("\(key): \(value.text)")
                }
            }
        }
    }

    struct Stop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Stop a session; returns when all of it is undone.")
        @OptionGroup var options: SettingsOptions
        @Argument(help: "The session's id.") var id: String
        @Flag(help: "Do not wait for the server to end by itself.") var now = false

        func run() async throws {
            try await reporting {
                let id = try SessionID(id)
                let path = "/v1/sessions/\(id.rawValue)" + (now ? "?now=true" : "")
                let answer = try await DaemonClient(options.settings()).call("DELETE", path)
                print("\(id.rawValue): \(answer["state"]?.stringValue ?? "gone")")
            }
        }
    }

    struct Sweep: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what carries our labels and belongs to no session; with --remove, end it.")
        @OptionGroup var options: SettingsOptions
        @Flag(help: "End what is found.") var remove = false
        @Option(help: "text or json.") var format = OutputFormat.text

        func run() async throws {
            try await reporting {
                let path = "/v1/residents"
                let answer = try await DaemonClient(options.settings()).call(remove ? "DELETE" : "GET", path)
                if format == .json { return try answer.printJSON() }
                let rows = (answer["residents"]?.arrayValue ?? []).map { resident in
                    ["session", "user", "description"].map { resident[$0]?.stringValue?.excerpt ?? "-" }
                }
                let machines = (answer["machines"]?.arrayValue ?? []).map { machine in
                    ["provider", "user", "description"].map { machine[$0]?.stringValue?.excerpt ?? "-" }
                }
                // What could not be asked, or not be ended, is no reason to say that nothing is left.
                let silent = (answer["unreachable"]?.arrayValue ?? []).compactMap(\.stringValue)
                let notes = (answer["notes"]?.arrayValue ?? []).compactMap(\.stringValue)
                if !rows.isEmpty { print(Table(["SESSION", "USER", "WHAT"], rows)) }
                if !machines.isEmpty { print(Table(["PROVIDER", "USER", "MACHINE"], machines)) }
                if rows.isEmpty && machines.isEmpty {
                    print("nothing is left over" + (silent.isEmpty ? "" : " where one could look"))
                }
                for line in silent.map({ "not looked at, or not ended: \($0)" }) + notes { print(line) }
            }
        }
    }
}

/// `logs`: a server's own log.
struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "logs", abstract: "Print a server's own log.")
    @OptionGroup var options: SettingsOptions
    @Argument(help: "The session's id.") var id: String
    @Flag(help: "Go on until the session ends.") var follow = false

    func run() async throws {
        try await reporting {
            let id = try SessionID(id)
            let path = "/v1/sessions/\(id.rawValue)/logs" + (follow ? "?follow=true" : "")
            try await DaemonClient(options.settings()).stream(path) { try Self.put($0) }
        }
    }

    /// Writes bytes as they are: a piece may end in the middle of a character.
    private static func put(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            // Nobody reads any more.
            guard count > 0 else { throw ExitCode.success }
            rest = rest.dropFirst(count)
        }
    }
}

/// Rows under a heading, each column as wide as its widest value.
struct Table: CustomStringConvertible {
    private let rows: [[String]]

    init(_ heading: [String], _ rows: [[String]]) {
        self.rows = [heading] + rows
    }

    var description: String {
        let columns = rows.first?.indices ?? 0..<0
        let widths = columns.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
                .joined(separator: "  ").trimmingSpaces
        }.joined(separator: "\n")
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        var text = Substring(self)
        while text.hasSuffix(" ") { text.removeLast() }
        return String(text)
    }
}
