import FoundationEssentials
import Metrics
import MultipleSpawner
import ServiceLifecycle

/// Counts what happens to sessions, by listening to their events like any other reader.
struct SessionMetrics: Service {
    let ledger: Ledger

    func run() async throws {
        var starting: Set<SessionID> = []
        let subscription = await ledger.subscribe(EventFeed.Filter(), after: nil)
        for await event in subscription.events.cancelOnGracefulShutdown() {
            guard case .state(let record) = event.content else { continue }
            let backend = [("backend", record.backend.rawValue)]
            switch record.lifecycle.phase {
            case .accepted:
                starting.insert(record.id)
                Counter(label: "multiplespawner_sessions_accepted_total", dimensions: backend).increment()
            case .running where starting.remove(record.id) != nil:
                Counter(label: "multiplespawner_sessions_answered_total", dimensions: backend).increment()
                if let started = record.started {
                    Metrics.Timer(label: "multiplespawner_start_seconds", dimensions: backend)
                        .recordSeconds(started.timeIntervalSince(record.created))
                }
            case .stopped(let reason):
                starting.remove(record.id)
                Counter(
                    label: "multiplespawner_sessions_stopped_total", dimensions: backend + [("reason", reason.metric)]
                ).increment()
            case .failed(let failure):
                starting.remove(record.id)
                Counter(
                    label: "multiplespawner_sessions_failed_total", dimensions: backend + [("code", failure.code)]
                ).increment()
            case .queued, .starting, .running, .stopping: break
            }
        }
    }

    /// Writes down how many sessions there are now; called before the metrics are read.
    func measure() async {
        var states: [String: Int] = ["queued": 0, "starting": 0, "running": 0, "stopping": 0]
        for record in await ledger.allRecords() where record.lifecycle.isLive {
            states[record.lifecycle.phase.name, default: 0] += 1
        }
        for (state, count) in states {
            Meter(label: "multiplespawner_sessions", dimensions: [("state", state)]).set(count)
        }
    }
}

extension StopReason {
    fileprivate var metric: String {
        switch self {
        case .asked: "asked"
        case .exited: "exited"
        case .lifetimeOver: "lifetime"
        case .abandoned: "abandoned"
        case .interrupted: "interrupted"
        case .failed: "failed"
        }
    }
}
