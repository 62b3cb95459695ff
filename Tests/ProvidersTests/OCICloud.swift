import Crypto
import CryptoExtras
import Foundation
import MultipleSpawner
import ScriptedServer
import Synchronization
import Testing
import Transport

@testable import Providers

/// As much of Oracle's cloud as the provider speaks to, with the moods that the real one has.
///
/// It checks every signature with the public key, knows requests by their retry token, and breaks off when told.
final class OCICloud: Sendable {
    /// What happens to a call instead of an answer, or to the answer.
    enum Mishap: Sendable {
        case status(Int, code: String, message: String = "as the test says")
        /// It is done, and nobody hears of it.
        case lost
        /// It is done, and half of the answer comes.
        case half
        case text(String)
    }

    struct Manners: Sendable {
        var looksToRun = 1
        /// Looks at the list in which a new machine is not in it.
        var looksHidden = 0
        var looksForCard = 1
        var hasPublicAddress = true
        var pageSize = 100
    }

    struct State: Sendable {
        var things: [String: [[String: JSONValue]]] = [:]
        var looks: [String: Int] = [:]
        var hidden: [String: Int] = [:]
        var cards: [String: Int] = [:]
        /// What a retry token was used for.
        var tokens: [String: (body: [UInt8], id: String)] = [:]
        var mishaps: [(call: String, mishap: Mishap)] = []
        var calls: [(call: String, request: Request)] = []
        var manners = Manners()
        var complaints: [String] = []
        var count = 0
    }

    static let compartment = "ocid1.compartment.oc1..aaaa"
    private static let key = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }

    private let state = Mutex(State())
    private let box = Box()
    private let directory: TemporaryDirectory
    let publicKey: _RSA.Signing.PublicKey
    let server: ScriptedServer
    /// Oracle's configuration for an account of this cloud.
    let configuration: String

    private final class Box: Sendable {
        let cloud = Mutex<OCICloud?>(nil)
    }

    init(_ manners: Manners = Manners()) throws {
        let key = try Self.key.get()
        publicKey = key.publicKey
        directory = try TemporaryDirectory()
        let file = try directory.file("key.pem", key.pemRepresentation)
        configuration = try directory.file(
            "config",
            """
            [DEFAULT]
            user=ocid1.user.oc1..u
            fingerprint=aa:bb:cc
            tenancy=ocid1.tenancy.oc1..t
            region=eu-frankfurt-1
            key_file=\(file)
            """)
        server = try ScriptedServer { [box] request, connection in
            box.cloud.withLock { $0 }?.answer(request, connection)
        }
        state.withLock { $0.manners = manners }
        box.cloud.withLock { $0 = self }
    }

    func stop() {
        server.stop()
        box.cloud.withLock { $0 = nil }
        directory.remove()
    }

    /// The next calls of that kind end so, one after another: `POST instances`.
    func expect(_ call: String, _ mishaps: Mishap...) {
        state.withLock { state in state.mishaps += mishaps.map { (call, $0) } }
    }

    /// What a call was not as it should have been.
    var complaints: [String] { state.withLock(\.complaints) }
    var instances: [[String: JSONValue]] { things("instances") }
    var living: [[String: JSONValue]] {
        instances.filter { !["TERMINATED", "TERMINATING"].contains($0["lifecycleState"]) }
    }

    func things(_ list: String) -> [[String: JSONValue]] { state.withLock { $0.things[list] ?? [] } }
    func calls(_ call: String) -> [Request] { state.withLock { $0.calls.filter { $0.call == call }.map(\.request) } }
    func change(_ change: @Sendable (inout State) -> Void) { state.withLock { change(&$0) } }

    /// A provider that speaks to it.
    func provider(
        _ options: [String: JSONValue] = [:], state directory: String, http: HTTPClient, pace: CloudPace = .quick,
        environment: [String: String] = [:]
    ) throws -> OCIProvider {
        let usual: [String: JSONValue] = [
            "endpoint": .string(server.url), "profile": ["compartment_id": .string(Self.compartment)],
            "instance": ["operating_system": "Oracle Linux", "operating_system_version": "9"],
        ]
        let base = ["OCI_CONFIG_PATH": configuration]
        var site = CloudSite(
            installation: "test", stateDirectory: directory, environment: base.merging(environment) { $1 }, http: http)
        site.pace = pace
        return try OCIProvider(name: "cloud", options: .object(usual.merging(options) { $1 }), site: site)
    }

    // MARK: Answering

    private func answer(_ request: Request, _ connection: Connection) {
        let parts = request.path.split(separator: "/").dropFirst().map { String($0).removingPercentEncoding ?? "" }
        let call = "\(request.method) \(parts.first ?? "")"
        let complaint = complaint(about: request)
        let mishap = state.withLock { state -> Mishap? in
            state.calls.append((call, request))
            if let complaint { state.complaints.append("\(call): \(complaint)") }
            return state.mishaps.firstIndex { $0.call == call }.map { state.mishaps.remove(at: $0).mishap }
        }
        switch mishap {
        case .status(let status, let code, let message):
            return connection.answer(status, Self.error(code, message))
        case .text(let text): return connection.answer(200, text)
        case .lost, .half, nil: break
        }
        let answer =
            complaint == nil
            ? state.withLock { Self.act(request, Array(parts), &$0) } : (401, Self.error("NotAuthenticated", "no"), nil)
        switch mishap {
        case .lost: connection.breakOff()
        case .half:
            let body = answer.1
            connection.send(
                "HTTP/1.1 200 Said\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body.prefix(body.count / 2))")
            connection.breakOff()
        default: connection.answer(answer.0, answer.1, headers: answer.2.map { ["opc-next-page": $0] } ?? [:])
        }
    }

    private typealias Answer = (Int, String, String?)

    private static func act(_ request: Request, _ parts: [String], _ state: inout State) -> Answer {
        let query = query(of: request)
        switch (request.method, parts.count) {
        case ("GET", 1): return list(parts[0], query, &state)
        case ("GET", 2): return one(parts[0], parts[1], &state)
        case ("POST", 1): return make(parts[0], request, &state)
        case ("POST", 2): return move(parts[1], query["action"] == "START" ? "STARTING" : "STOPPING", &state)
        case ("DELETE", 2):
            guard query["preserveBootVolume"] == "false" else { return (400, error("InvalidParameter", "volume"), nil) }
            return move(parts[1], "TERMINATING", &state)
        case ("PUT", 2):
            guard let index = index(of: parts[1], "instances", state) else { return missing }
            let body = try? JSONDecoder().decode(JSONValue.self, from: Data(request.body))
            state.things["instances"]?[index]["freeformTags"] = body?["freeformTags"]
            return (200, "{}", nil)
        default: return missing
        }
    }

    private static var missing: Answer { (404, error("NotAuthorizedOrNotFound", "not there, or not for you"), nil) }

    private static func index(of id: String, _ list: String, _ state: State) -> Int? {
        state.things[list]?.firstIndex { $0["id"] == .string(id) }
    }

    private static func list(_ name: String, _ query: [String: String], _ state: inout State) -> Answer {
        guard query["compartmentId"] == compartment else { return missing }
        var found: [JSONValue]
        switch name {
        case "availabilityDomains": found = ["AD-1", "AD-2", "AD-3"].map { ["name": .string("Uocm:\($0)")] }
        case "shapes": found = shapes
        case "images":
            guard query["operatingSystem"] == "Oracle Linux", query["sortOrder"] == "DESC", query["shape"] != nil else {
                found = []
                break
            }
            found = [["id": "ocid1.image.oc1..new"], ["id": "ocid1.image.oc1..old"]]
        case "vnicAttachments":
            let id = query["instanceId"] ?? ""
            state.cards[id, default: state.manners.looksForCard] -= 1
            let isThere = state.cards[id] ?? 0 < 0
            found = isThere ? [["lifecycleState": "ATTACHED", "vnicId": .string("ocid1.vnic..\(id)")]] : []
        default:
            step(name, &state)
            found = (state.things[name] ?? []).filter { thing in
                for key in ["vcnId", "displayName"] where query[key].map({ thing[key] != .string($0) }) == true {
                    return false
                }
                return true
            }.map { .object($0) }
            if name == "instances" {
                found = found.filter { value in
                    let id = value["id"]?.stringValue ?? ""
                    guard let hidden = state.hidden[id], hidden > 0 else { return true }
                    state.hidden[id] = hidden - 1
                    return false
                }
            }
        }
        let start = query["page"].flatMap { Int($0) } ?? 0
        let page = Array(found.dropFirst(start).prefix(state.manners.pageSize))
        let next = start + page.count < found.count ? String(start + page.count) : nil
        return (200, JSONValue.array(page).text, next)
    }

    private static func one(_ list: String, _ id: String, _ state: inout State) -> Answer {
        if list == "vnics" {
            var card: [String: JSONValue] = ["isPrimary": true, "privateIp": "10.0.1.7"]
            if state.manners.hasPublicAddress { card["publicIp"] = "192.0.2.7" }
            return (200, JSONValue.object(card).text, nil)
        }
        step(list, &state)
        guard let index = index(of: id, list, state), let thing = state.things[list]?[index] else { return missing }
        return (200, JSONValue.object(thing).text, nil)
    }

    /// What is on its way goes one step on.
    private static func step(_ list: String, _ state: inout State) {
        let next = [
            "PROVISIONING": list == "instances" ? "RUNNING" : "AVAILABLE", "STARTING": "RUNNING", "STOPPING": "STOPPED",
            "TERMINATING": "TERMINATED",
        ]
        for index in (state.things[list] ?? []).indices {
            guard let thing = state.things[list]?[index], let id = thing["id"]?.stringValue,
                let following = thing["lifecycleState"]?.stringValue.flatMap({ next[$0] })
            else { continue }
            let looks = state.looks[id, default: 0]
            state.looks[id] = looks - 1
            if looks <= 0 { state.things[list]?[index]["lifecycleState"] = .string(following) }
        }
    }

    private static func make(_ list: String, _ request: Request, _ state: inout State) -> Answer {
        guard let token = request.headers["opc-retry-token"], token.utf8.count <= 64 else {
            return (400, error("MissingParameter", "no retry token"), nil)
        }
        if let used = state.tokens[token] {
            guard let index = index(of: used.id, list, state), let thing = state.things[list]?[index],
                !["TERMINATED", "TERMINATING"].contains(thing["lifecycleState"]), used.body == request.body
            else { return (409, error("InvalidatedRetryToken", "the token was used before"), nil) }
            return (200, JSONValue.object(thing).text, nil)
        }
        guard case .object(var thing)? = try? JSONDecoder().decode(JSONValue.self, from: Data(request.body)) else {
            return (400, error("CannotParseRequest", "no JSON"), nil)
        }
        state.count += 1
        let id = "ocid1.\(list).oc1..\(state.count)"
        thing["id"] = .string(id)
        thing["lifecycleState"] = "PROVISIONING"
        thing["timeCreated"] = .string("2026-11-29T00:00:\(10 + state.count % 50).000Z")
        state.looks[id] = state.manners.looksToRun
        if list == "instances" { state.hidden[id] = state.manners.looksHidden }
        state.things[list, default: []].append(thing)
        state.tokens[token] = (request.body, id)
        return (200, JSONValue.object(thing).text, nil)
    }

    private static func move(_ id: String, _ next: String, _ state: inout State) -> Answer {
        guard let index = index(of: id, "instances", state),
            let now = state.things["instances"]?[index]["lifecycleState"]?.stringValue
        else { return missing }
        let from = [
            "STARTING": ["STOPPED"], "STOPPING": ["RUNNING"],
            "TERMINATING": ["PROVISIONING", "RUNNING", "STOPPED", "STARTING"],
        ]
        guard from[next]?.contains(now) == true else { return (409, error("IncorrectState", "it is \(now)"), nil) }
        state.things["instances"]?[index]["lifecycleState"] = .string(next)
        state.looks[id] = state.manners.looksToRun
        return (200, "", nil)
    }

    private static func error(_ code: String, _ message: String) -> String {
        JSONValue.object(["code": .string(code), "message": .string(message)]).text
    }
}
