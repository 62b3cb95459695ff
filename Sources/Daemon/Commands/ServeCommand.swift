import ArgumentParser
import Glibc
import Logging
import MultipleSpawner

/// `serve`: the daemon.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the daemon.",
        discussion: """
            It listens on a unix socket and, with --listen, on TLS. It stops on SIGTERM and SIGINT and leaves the \
            users' servers running; started again, it takes them up. SIGHUP reads the files again.
            """)

    @OptionGroup var options: SettingsOptions
    @Option(help: "HOST:PORT for TLS connections; needs --tls-certificate, --tls-key and --token-file.")
    var listen: String?
    @Option(help: "The certificate chain, PEM.") var tlsCertificate: String?
    @Option(help: "The certificate's private key, PEM.") var tlsKey: String?
    @Option(help: "Tokens of hubs, one a line.") var tokenFile: String?
    @Option(help: "How much is logged: trace, debug, info, notice, warning, error, critical.") var logLevel: String?
    @Option(help: .hidden) var crashAtWrite: Int?
    @Option(help: .hidden) var crashAfterWrite: Int?

    func run() async throws {
        try await reporting {
            let settings = try options.settings(
                [
                    .listen: listen, .tlsCertificate: tlsCertificate, .tlsKey: tlsKey, .tokenFile: tokenFile,
                    .logLevel: logLevel,
                ].compactMapValues { $0 })
            let level = Logger.Level(rawValue: settings.logLevel) ?? .info
            LoggingSystem.bootstrap { label in
                var handler = StreamLogHandler.standardError(label: label)
                handler.logLevel = level
                return handler
            }
            let openFiles = ProcessLimits.raise()
            let faults = Engine.Faults(crashAtWrite: crashAtWrite, crashAfterWrite: crashAfterWrite)
            let engine = try Engine(settings, home: options.home, openFileLimit: openFiles, faults: faults)
            try await engine.run()
        }
    }
}

/// What the process may hold open: a descriptor for each local server, and one for each connection.
enum ProcessLimits {
    /// Raises what may be raised.
    ///
    /// - Returns: how many open files were allowed before; the users' servers start with that, not with ours.
    static func raise() -> Int? {
        signal(SIGPIPE, SIG_IGN)
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        let before = Int(clamping: limit.rlim_cur)
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return before
    }
}
