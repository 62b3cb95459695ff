import FoundationEssentials
import Glibc
import Hummingbird
import HummingbirdTLS
import Logging
import Metrics
import MultipleSpawner
import ServiceLifecycle
import Synchronization
import UnixSignals

/// The daemon: storage, catalogue, sessions and HTTP, put together.
struct Engine {
    /// Where the daemon is to be killed, for the tests of recovery.
    struct Faults {
        var crashAtWrite: Int?
        var crashAfterWrite: Int?
    }

    private let settings: Settings
    private let state: StateDirectory
    private let files: CatalogueFiles
    private let orchestrator: Orchestrator
    private let feed: EventFeed
    private let uploads: UploadStore
    private let metrics = PrometheusMetrics()
    private let connections = Connections()
    private let log: Logger

    init(_ settings: Settings, home: String?, openFileLimit: Int?, faults: Faults) throws {
        let log = Logger(label: "multiplespawner")
        self.settings = settings
        self.log = log
        state = try StateDirectory(settings.stateDirectory)
        let registry = try Plugins.registry(
            stateDirectory: settings.stateDirectory, openFileLimit: openFileLimit, docker: settings.docker,
            installation: try state.installation(), grace: settings.grace, playbooks: settings.playbooks,
            publicAddress: settings.publicAddress, connections: connections)
        let files = try CatalogueFiles(
            paths: CataloguePaths(settings, home: home), registry: registry, log: log)
        self.files = files
        feed = EventFeed()
        uploads = UploadStore(path: settings.stateDirectory + "/uploads")
        let stored = try SQLiteJournal(path: settings.stateDirectory + "/journal.sqlite")
        let isFaulty = faults.crashAtWrite != nil || faults.crashAfterWrite != nil
        let journal: any Journal =
            isFaulty
            ? CrashingJournal(stored, before: faults.crashAtWrite, after: faults.crashAfterWrite) : stored
        orchestrator = Orchestrator(
            ledger: Ledger(journal: journal, feed: feed, quotas: settings.quotas),
            admission: Admission(
                concurrentStarts: settings.concurrentStarts, capacity: { files.catalogue.capacity(of: $0) }),
            registry: registry,
            policy: Orchestrator.Policy(
                grace: settings.grace, abandonedAfter: settings.abandonedAfter,
                abandonedStartAfter: settings.abandonedStartAfter),
            installation: try state.installation(), log: log,
            plans: { try files.catalogue.plans(for: $0) })
    }

    /// Runs until it is told to stop. The users' servers stay.
    func run() async throws {
        MetricsSystem.bootstrap(metrics)
        do {
            try await serve()
        } catch {
            await connections.shutDown()
            throw error
        }
        await connections.shutDown()
    }

    private func serve() async throws {
        try await orchestrator.recover(with: files.catalogue)
        let sessions = SessionMetrics(ledger: orchestrator.ledger)
        let services: [any Service] =
            [
                BackendWatch(orchestrator: orchestrator), Housekeeping(orchestrator: orchestrator),
                Upkeep(orchestrator: orchestrator),
                UsageCleaning(orchestrator: orchestrator, days: settings.usageDays, log: log),
                CatalogueWatch(files: files, orchestrator: orchestrator), UploadCleaning(uploads: uploads), sessions,
            ] + (try listeners(sessions))
        log.info("serving", metadata: ["socket": "\(settings.socket)", "listen": "\(settings.listen ?? "-")"])
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: log)
        // A reader that does not read, or a stop that cannot finish, must not keep the daemon: the journal has it all.
        configuration.maximumGracefulShutdownDuration = .seconds(5)
        let group = ServiceGroup(configuration: configuration)
        try await group.run()
        log.info("stopped; the users' servers stay as they are")
    }

    private func listeners(_ sessions: SessionMetrics) throws -> [any Service] {
        let socket = UnixSocketListener(settings: settings)
        let mask = try socket.clear()
        var listeners: [any Service] = [
            Application(
                router: router(.accounts(Set(settings.allowedUIDs + [geteuid()])), sessions),
                configuration: ApplicationConfiguration(address: .unixDomainSocket(path: settings.socket)),
                onServerRunning: { _ in socket.open(restoring: mask) },
                logger: log)
        ]
        if let listen = settings.listen {
            let tls = try TLSListener(listen, settings: settings)
            let router = router(.tokens(tls.tokens), sessions)
            let configuration = ApplicationConfiguration(address: .hostname(tls.host, port: tls.port))
            if let certificate = tls.configuration {
                listeners.append(
                    Application(
                        router: router, server: try .tls(tlsConfiguration: certificate), configuration: configuration,
                        logger: log))
            } else {
                listeners.append(Application(router: router, configuration: configuration, logger: log))
            }
        }
        return listeners
    }

    private func router(_ rule: Gatekeeper.Rule, _ sessions: SessionMetrics) -> Router<APIContext> {
        let router = Router(context: APIContext.self)
        router.add(middleware: ErrorAnswers(log: log))
        router.add(middleware: Gatekeeper(rule: rule))
        OperationRoutes(metrics: metrics, gauges: { await sessions.measure() }).add(to: router)
        ResidentRoutes(
            sweep: Sweep(
                ledger: orchestrator.ledger, registry: orchestrator.registry, machines: orchestrator.machines),
            grace: settings.grace
        )
        .add(to: router)
        SessionRoutes(
            orchestrator: orchestrator,
            events: ServerSentEvents(
                ledger: orchestrator.ledger, epoch: String(UInt32.random(in: 0...UInt32.max), radix: 36)),
            uploads: uploads
        ).add(to: router)
        ProviderRoutes(files: files, orchestrator: orchestrator).add(to: router)
        CatalogueRoutes(files: files, orchestrator: orchestrator, uploads: uploads).add(to: router)
        ResourceRoutes(files: files, orchestrator: orchestrator).add(to: router)
        UsageRoutes(orchestrator: orchestrator).add(to: router)
        return router
    }
}

/// Sees when servers end.
struct BackendWatch: Service {
    let orchestrator: Orchestrator

    func run() async throws {
        await cancelWhenGracefulShutdown { await orchestrator.watch() }
    }
}

/// Ends what is due: lifetimes, and sessions that nobody asks after.
struct Housekeeping: Service {
    let orchestrator: Orchestrator

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try await Task.sleep(for: .seconds(1))
                await orchestrator.tidy()
            }
        }
    }
}

/// Renews what runs out under sessions that run, ends those whose quota is used up, and gives back machines that nobody
/// needs.
struct Upkeep: Service {
    let orchestrator: Orchestrator

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try await Task.sleep(for: .seconds(5))
                await orchestrator.renew()
                await orchestrator.enforceQuotas()
                await orchestrator.machines.tidy()
            }
        }
    }
}

/// Forgets what sessions used long ago.
struct UsageCleaning: Service {
    let orchestrator: Orchestrator
    let days: Int
    let log: Logger

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await orchestrator.usage.forget(before: Date(timeIntervalSinceNow: -86_400 * Double(days)))
                } catch {
                    log.warning("old usage cannot be forgotten; trying again", metadata: ["error": "\(error)"])
                }
                try await Task.sleep(for: .seconds(3600))
            }
        }
    }
}

/// Removes the files of users that nobody has used for long.
struct UploadCleaning: Service {
    let uploads: UploadStore

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await uploads.clean()
                try await Task.sleep(for: .seconds(3600))
            }
        }
    }
}
