import MultipleSpawner
import Synchronization
import Transport

/// The machines that are known: by the options of the files, and by what runs there.
final class SSHPlaces: Sendable {
    private struct State {
        /// As the files give them; texts may hold placeholders.
        var options: [JSONValue] = []
        /// Those that handles name.
        var used: [Key: SSHPlace] = [:]
        var passwords: [Key: Secret] = [:]
        var turns: [[String]: Int] = [:]
        /// The ports of sessions, whichever machine they are on.
        var ports: [SessionID: Int] = [:]
        /// The attempts whose servers were seen to listen, until somebody asks.
        var listening: Set<String> = []
    }

    /// An account on a machine.
    struct Key: Hashable {
        let host: String
        let port: Int
        let user: String
        let base: String
    }

    private let state = Mutex(State())

    func configured(by options: [JSONValue]) {
        state.withLock { $0.options = options }
    }

    /// A place that is used from now on.
    func note(_ place: SSHPlace, base: String, password: Secret? = nil) {
        let key = Key(host: place.host, port: place.port, user: place.user, base: base)
        state.withLock { state in
            state.used[key] = place
            if let password { state.passwords[key] = password }
        }
    }

    func password(of place: SSHPlace) -> Secret? {
        state.withLock { state in
            state.passwords.first {
                $0.key.host == place.host && $0.key.port == place.port && $0.key.user == place.user
            }?
            .value
        }
    }

    /// All options, for one user: what the files leave to be filled in is.
    func options(for identity: SessionIdentity) -> [SSHOptions] {
        let user = identity.user
        let names = DeferredPlaceholders([
            "username": user, "user": user, "name": user, "JUPYTERHUB_USER": user, "server_name": identity.server,
        ])
        return state.withLock { $0.options }.compactMap { try? SSHOptions(names.fill($0)) }
    }

    /// Every account on every machine where something of ours may be.
    ///
    /// An account that depends on the user is known by what was started there alone.
    func all(_ account: DaemonAccount) -> [(place: SSHPlace, base: String)] {
        var (places, files) = state.withLock { ($0.used, $0.options) }
        for values in files where !Placeholders.remain(inAny: values) {
            guard let options = try? SSHOptions(values) else { continue }
            for host in options.hosts where host.address.user ?? options.user != nil {
                guard let nobody = try? SessionIdentity(hub: "-", user: "-"),
                    let place = try? options.place(on: host, for: nobody, account)
                else { continue }
                let key = Key(host: place.host, port: place.port, user: place.user, base: options.base)
                if places[key] == nil { places[key] = place }
            }
        }
        return places.map { ($0.value, $0.key.base) }.sorted { "\($0.0)" < "\($1.0)" }
    }

    /// A port for a server, below those that connections going out are given: at random, and none of another session's.
    func choosePort(for session: SessionID) -> Int {
        state.withLock { state in
            let used = Set(state.ports.values)
            var port = Int.random(in: Self.ports)
            for _ in 0..<100 where used.contains(port) { port = Int.random(in: Self.ports) }
            state.ports[session] = port
            return port
        }
    }

    func notePort(_ port: Int, of session: SessionID) {
        state.withLock { $0.ports[session] = port }
    }

    func forgetPort(of session: SessionID) {
        state.withLock { $0.ports[session] = nil }
    }

    private static let ports = 10_240..<32_768

    /// The machine has seen this attempt's own server listen.
    func noteListening(_ attempt: String) {
        state.withLock { _ = $0.listening.insert(attempt) }
    }

    /// Whether it was seen to listen. Told once: it may have ended since.
    func takeListening(_ attempt: String) -> Bool {
        state.withLock { $0.listening.remove(attempt) != nil }
    }

    /// The number of the next one whose turn it is.
    func turn(among hosts: [String]) -> Int {
        state.withLock { state in
            defer { state.turns[hosts, default: 0] += 1 }
            return state.turns[hosts, default: 0]
        }
    }
}

extension Placeholders {
    /// Whether a machine or an account in these options still waits for a user.
    static func remain(inAny options: JSONValue) -> Bool {
        func remain(_ value: JSONValue) -> Bool {
            switch value {
            case .string(let text): Self.remain(in: text)
            case .array(let values): values.contains(where: remain)
            case .object(let members): members.values.contains(where: remain)
            default: false
            }
        }
        return ["hosts", "user", "ssh_keyfile", "ssh_certificate", "session_directory", "jump"]
            .contains { options[$0].map(remain) ?? false }
    }
}
