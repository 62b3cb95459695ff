import Foundation
import Logging
import MultipleSpawner
import ScriptedServer
import Synchronization
import Transport

@testable import Backends

/// As much of a swarm's manager as the removal of volumes asks for, on a socket of the test's own.
final class SwarmVolumeFakeEngine: Sendable {
    struct State: Sendable {
        /// The labels of the manager's own volumes.
        var volumes: [String: [String: String]] = [:]
        /// How often the removal of a volume is still refused, and whose containers hold it.
        var held: [String: (times: Int, by: String)] = [:]
        /// Containers that have ended, with their sessions.
        var ended: [String: String] = [:]
        /// The nodes, and whether they are ready.
        var nodes = ["manager": true]
        /// Bodies of services by their names, which are their ids too.
        var services: [String: JSONValue] = [:]
        var configs: Set<String> = []
        /// What becomes of a job's task, by its node: a state, and why. Where nothing is said, it waits.
        var fates: [String: (state: String, problem: String)] = [:]
        /// How many configs vanish between their making and their use.
        var vanishing = 0
    }

    let server: ScriptedServer
    private let state: SharedState
    private let directory: TemporaryDirectory
    private let http = HTTPClient()

    private final class SharedState: Sendable {
        let current: Mutex<State>

        init(_ state: State) { current = Mutex(state) }
    }

    init(_ initial: State) throws {
        let directory = try TemporaryDirectory()
        let state = SharedState(initial)
        server = try ScriptedServer(socket: "\(directory.path)/engine") { request, connection in
            let (status, body) = state.current.withLock { $0.answer(request) }
            connection.answer(status, body, headers: ["Api-Version": "1.41"])
        }
        self.directory = directory
        self.state = state
    }

    func stop() {
        http.shutDown()
        server.stop()
        directory.remove()
    }

    var now: State { state.current.withLock { $0 } }

    func change(_ body: (inout State) -> Void) { state.current.withLock { body(&$0) } }

    /// What the engine was asked to change.
    var changes: [String] {
        server.requests.filter { $0.method != "GET" && $0.method != "HEAD" }.map { "\($0.method) \($0.path)" }
    }

    /// - Parameter managers: how many addresses there are; all lead here.
    func removal(managers: Int = 1) -> VolumeRemoval {
        let socket = DockerHost.Manager.socket("\(directory.path)/engine")
        let docker = DockerClient(
            host: DockerHost(managers: Array(repeating: socket, count: managers)), http: http)
        return VolumeRemoval(
            docker: docker, nodes: NodeBook { try await docker.get("/nodes") }, log: Logger(label: "test"),
            socket: "/run/engine.sock"
        ) { () async throws(SpawnError) in VolumeProgram(content: [0x7F] + Array("ELF".utf8)) }
    }
}

extension SwarmVolumeFakeEngine.State {
    fileprivate mutating func answer(_ request: Request) -> (Int, String) {
        var path = request.path.split(separator: "/").map(String.init)
        if path.first?.hasPrefix("v1.") == true { path.removeFirst() }
        let body = try? JSONDecoder().decode(JSONValue.self, from: Data(request.body))
        switch (request.method, path.first ?? "", path.dropFirst().first ?? "") {
        case (_, "_ping", _): return (200, "OK")
        case ("GET", "info", _): return (200, #"{"Swarm": {"NodeID": "manager"}}"#)
        case ("GET", "nodes", _):
            return json(
                nodes.map { id, isReady in
                    ["ID": id, "Status": ["State": isReady ? "ready" : "down"], "Spec": ["Availability": "active"]]
                })
        case ("GET", "volumes", let name):
            guard let labels = volumes[name] else { return (404, "{}") }
            return json(["Name": name, "Labels": labels])
        case ("DELETE", "volumes", let name): return removeVolume(name)
        case ("GET", "containers", _): return containers(request.target.removingPercentEncoding ?? "")
        case ("DELETE", "containers", let id):
            ended[id] = nil
            return (204, "")
        case ("GET", "configs", _):
            return json(configs.map { ["ID": "id-\($0)", "Spec": ["Name": $0, "Labels": [:]]] })
        case ("POST", "configs", _):
            guard configs.insert(body?["Name"]?.stringValue ?? "").inserted else { return (409, "{}") }
            return (201, #"{"ID": "x"}"#)
        case ("DELETE", "configs", _):
            guard services.isEmpty else { return (400, #"{"message": "config is in use"}"#) }
            configs = []
            return (204, "")
        case ("POST", "services", _): return makeService(body ?? .null)
        case ("GET", "services", ""): return json(services.map { service($0, $1) })
        case ("GET", "services", let id):
            if path.last == "logs" { return (200, "") }
            guard let found = services[id] else { return (404, "{}") }
            return json(service(id, found))
        case ("DELETE", "services", let id): return (services.removeValue(forKey: id) == nil ? 404 : 200, "")
        case ("GET", "tasks", _): return tasks()
        default: return (500, #"{"message": "the test's engine does not know this"}"#)
        }
    }

    private func json(_ value: Any) -> (Int, String) {
        guard let data = try? JSONSerialization.data(withJSONObject: value) else { return (500, "") }
        return (200, String(decoding: data, as: UTF8.self))
    }

    private mutating func removeVolume(_ name: String) -> (Int, String) {
        guard volumes[name] != nil else { return (404, "{}") }
        if let holding = held[name], holding.times > 0 {
            held[name]?.times -= 1
            return (409, "{}")
        }
        volumes[name] = nil
        return (204, "")
    }

    private func containers(_ target: String) -> (Int, String) {
        if target.contains(#""volume""#) {
            let holders = held.filter { target.contains("\"\($0.key)\"") && $0.value.times >= 0 }
            return json(holders.map { ["Id": "holder-\($0)", "Labels": [ServiceLabels.session: $1.by]] })
        }
        return json(ended.map { ["Id": $0, "Labels": [ServiceLabels.session: $1]] })
    }

    private mutating func makeService(_ body: JSONValue) -> (Int, String) {
        guard let name = body["Name"]?.stringValue else { return (400, "{}") }
        if vanishing > 0 {
            vanishing -= 1
            let names = configs
            configs = []
            return (400, #"{"message": "config not found: \#(names.map { "id-\($0)" }.joined())"}"#)
        }
        guard services[name] == nil else { return (409, #"{"message": "name conflicts"}"#) }
        services[name] = body
        return (201, #"{"ID": "\#(name)"}"#)
    }

    private func service(_ name: String, _ body: JSONValue) -> [String: Any] {
        let text = (try? JSONEncoder().encode(body)) ?? Data()
        return ["ID": name, "Spec": (try? JSONSerialization.jsonObject(with: text)) ?? [:]]
    }

    private func tasks() -> (Int, String) {
        json(
            services.compactMap { name, body -> [String: Any]? in
                let node = body["Labels"]?[ServiceLabels.node]?.stringValue ?? ""
                let fate = fates[node] ?? ("pending", "")
                return [
                    "ID": "task-\(name)", "ServiceID": name, "NodeID": node, "CreatedAt": "2026-01-02T03:04:05Z",
                    "Status": ["State": fate.state, "Err": fate.problem], "DesiredState": "complete",
                ]
            })
    }
}
