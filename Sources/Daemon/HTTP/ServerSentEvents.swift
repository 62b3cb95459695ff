import FoundationEssentials
import HTTPTypes
import Hummingbird
import MultipleSpawner
import NIOCore
import ServiceLifecycle

/// Sessions' events as a stream that a browser, or a hub, can read and take up again.
///
/// Ids are `EPOCH-NUMBER`; the epoch is new with each start of the daemon, so an id of another run is never taken for
/// one of this.
struct ServerSentEvents: Sendable {
    let ledger: Ledger
    let epoch: String
    var heartbeat = Duration.seconds(15)

    private enum Frame: Sendable {
        case event(EventFeed.Event)
        case heartbeat
    }

    func response(_ filter: EventFeed.Filter, lastEventID: String?) -> Response {
        let body = ResponseBody { writer in
            let subscription = await ledger.subscribe(filter, after: sequence(lastEventID))
            let events = subscription.events
            // First what was told, then how it is: a reader that breaks off in between asks for all of it again.
            for event in subscription.history {
                if case .progress = event.content { try await writer.write(frame(event, isNumbered: false)) }
            }
            if let snapshot = subscription.snapshot {
                try await writer.write(snapshotFrame(snapshot, id: subscription.newest))
            }
            // A reader that does not keep up is cut off; it comes back with the id of the last event that it saw.
            let (frames, continuation) = AsyncStream.makeStream(of: Frame.self, bufferingPolicy: .bufferingOldest(4096))
            let forwarding = Task {
                await withDiscardingTaskGroup { group in
                    group.addTask {
                        for await event in events.cancelOnGracefulShutdown() {
                            if case .dropped = continuation.yield(.event(event)) { break }
                        }
                        continuation.finish()
                    }
                    group.addTask {
                        while (try? await Task.sleep(for: heartbeat)) != nil { continuation.yield(.heartbeat) }
                    }
                }
            }
            defer { forwarding.cancel() }
            for await next in frames.cancelOnGracefulShutdown() {
                switch next {
                case .event(let event): try await writer.write(frame(event))
                case .heartbeat: try await writer.write(ByteBuffer(string: ": heartbeat\n\n"))
                }
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/event-stream", .cacheControl: "no-store",
            ], body: body)
    }

    private func sequence(_ id: String?) -> Int? {
        guard let id, let dash = id.lastIndex(of: "-"), id[..<dash] == epoch else { return nil }
        return Int(id[id.index(after: dash)...])
    }

    private struct Snapshot: Encodable {
        let sessions: [SessionView]
    }

    private struct ProgressView: Encodable {
        let session: String
        let hub: String
        let user: String
        let server: String
        let progress: Int
        let message: String
    }

    private func snapshotFrame(_ records: [SessionRecord], id: Int) throws -> ByteBuffer {
        try frame(id, "snapshot", Snapshot(sessions: records.map { SessionView($0) }))
    }

    private func frame(_ event: EventFeed.Event, isNumbered: Bool = true) throws -> ByteBuffer {
        let number = isNumbered ? event.sequence : nil
        switch event.content {
        case .state(let record): return try frame(number, "session", SessionView(record))
        case .progress(let progress):
            let view = ProgressView(
                session: event.session.rawValue, hub: event.identity.hub, user: event.identity.user,
                server: event.identity.server, progress: progress.percent, message: progress.message)
            return try frame(number, "progress", view)
        }
    }

    /// JSON has no line break outside strings, and inside them none is written raw: one `data:` line is enough.
    private func frame(_ sequence: Int?, _ name: String, _ value: some Encodable) throws -> ByteBuffer {
        var buffer = ByteBuffer(string: sequence.map { "id: \(epoch)-\($0)\n" } ?? "")
        buffer.writeString("event: \(name)\ndata: ")
        buffer.writeBytes(try JSONEncoder.wire.encode(value))
        buffer.writeString("\n\n")
        return buffer
    }
}
