import Logging
import MultipleSpawner
import Synchronization
import Transport

/// The tunnels of all sessions: our ports that lead to servers, and ports of machines that lead to the hub.
///
/// They are kept up for as long as their session is there, and made anew, at the same ports, from its handle.
final class SSHTunnels: Sendable {
    private struct State {
        var listeners: [SessionID: TunnelListener] = [:]
        var hubs: [HubKey: HubDoor] = [:]
        var users: [SessionID: HubKey] = [:]
    }

    /// Sessions of one account share the way to one hub.
    private struct HubKey: Hashable {
        let place: SSHPlace
        let end: TunnelPoint
        /// The port that was asked for, or was given before a restart; `nil`: any.
        let port: Int?
    }

    private let machines: SSHMachines
    private let state = Mutex(State())
    private let log: Logger

    init(_ machines: SSHMachines, log: Logger) {
        self.machines = machines
        self.log = log
    }

    /// Our port that leads to a port of the machine.
    ///
    /// - Parameter wanted: the one that it was before; `nil`: a free one.
    func open(for session: SessionID, to address: String, port: Int, at place: SSHPlace, wanted: Int?) throws -> Int {
        if let known = state.withLock({ $0.listeners[session] }) { return known.port }
        let listener = try TunnelListener(
            on: machines.configuration.links, port: wanted ?? 0,
            to: .tcp(host: LocalMachine.reachable(address), port: port)
        ) { [machines] in try await machines.link(to: place) }
        let kept = state.withLock { state in
            if let other = state.listeners[session] { return other }
            state.listeners[session] = listener
            return listener
        }
        return kept.port
    }

    /// The machine's port that leads to the hub.
    ///
    /// - Parameter wanted: as the options have it; `nil`: a free one.
    func openHub(
        for session: SessionID, to end: TunnelPoint, at place: SSHPlace, wanted: Int?
    ) async throws -> Int {
        let door = door(for: session, HubKey(place: place, end: end, port: wanted), known: nil)
        do {
            return try await door.port()
        } catch {
            await release(hubOf: session)
            throw error
        }
    }

    /// What a session of the journal had is there again; what cannot be reached now, as soon as it can be.
    func resume(_ handle: SSHHandle) {
        guard let session = handle.session else { return }
        if let local = handle.localPort, let port = handle.port {
            do {
                _ = try open(for: session, to: handle.address, port: port, at: handle.place, wanted: local)
            } catch {
                log.error(
                    "the port of a session's tunnel is taken; its user cannot reach it before a new start",
                    metadata: ["session": "\(session.rawValue)", "port": "\(local)", "reason": "\(error)"])
            }
        }
        if let hub = handle.hub {
            _ = door(for: session, HubKey(place: handle.place, end: hub.end, port: hub.port), known: hub.port)
        }
    }

    func close(_ session: SessionID) async {
        let listener = state.withLock { $0.listeners.removeValue(forKey: session) }
        await listener?.close()
        await release(hubOf: session)
    }

    /// Before a machine is used no more.
    func closeAll() async {
        for session in state.withLock({ Set($0.listeners.keys).union($0.users.keys) }) { await close(session) }
    }

    private func door(for session: SessionID, _ key: HubKey, known: Int?) -> HubDoor {
        state.withLock { state in
            let key = state.users[session] ?? key
            state.users[session] = key
            if let door = state.hubs[key] { return door }
            // A port that was given before is as good as any, for who does not want a certain one.
            if key.port == nil,
                let same = state.hubs.first(where: { $0.key.place == key.place && $0.key.end == key.end })
            {
                state.users[session] = same.key
                return same.value
            }
            let door = HubDoor(machines, at: key.place, to: key.end, port: known ?? key.port, log: log)
            state.hubs[key] = door
            return door
        }
    }

    private func release(hubOf session: SessionID) async {
        let last = state.withLock { state -> HubDoor? in
            guard let key = state.users.removeValue(forKey: session), !state.users.values.contains(key) else {
                return nil
            }
            return state.hubs.removeValue(forKey: key)
        }
        await last?.close()
    }
}
