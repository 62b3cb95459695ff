import Foundation
import MultipleSpawner
import ScriptedServer
import Synchronization
import Transport

@testable import Providers

/// As much of EC2 as the provider speaks to, with the moods that the real one has.
///
/// It knows requests by their client token, shows machines late, takes time for everything, and breaks off when told.
final class EC2Cloud: Sendable {
    struct Instance: Sendable {
        var id: String
        var state: String
        var clientToken: String
        var parameters: [String: String]
        var tags: [String: String]
        var launched: String
        /// Looks until it is what it is on its way to.
        var looks: Int
        /// Looks until it is shown at all.
        var hidden: Int
        var reason: String?
    }

    /// What happens to a call instead of an answer, or to the answer.
    enum Mishap: Sendable {
        case status(Int, code: String, headers: [String: String] = [:])
        /// It is done, and nobody hears of it.
        case lost
        /// It is done, and half of the answer comes.
        case half
        case text(String)
        case silence
    }

    struct Manners: Sendable {
        var looksToRun = 1
        var looksHidden = 0
        var hasPublicAddress = true
        /// What becomes of a new machine instead of running.
        var fate: String?
        var pageSize = 100
    }

    private struct State {
        var instances: [Instance] = []
        var mishaps: [(action: String, mishap: Mishap)] = []
        var calls: [(action: String, parameters: [String: String])] = []
        var manners = Manners()
        var wrongSignatures = 0
    }

    static let secret = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")

    private let state = Mutex(State())
    private let box = Box()
    let server: ScriptedServer

    private final class Box: Sendable {
        let cloud = Mutex<EC2Cloud?>(nil)
    }

    init(_ manners: Manners = Manners()) throws {
        server = try ScriptedServer { [box] request, connection in
            box.cloud.withLock { $0 }?.answer(request, connection)
        }
        state.withLock { $0.manners = manners }
        box.cloud.withLock { $0 = self }
    }

    func stop() {
        server.stop()
        box.cloud.withLock { $0 = nil }
    }

    /// The next calls of that name end so, one after another.
    func expect(_ action: String, _ mishaps: Mishap...) {
        state.withLock { state in state.mishaps += mishaps.map { (action, $0) } }
    }

    var instances: [Instance] { state.withLock(\.instances) }
    var living: [Instance] { instances.filter { $0.state != "terminated" && $0.state != "shutting-down" } }
    var wrongSignatures: Int { state.withLock(\.wrongSignatures) }

    func calls(_ action: String) -> [[String: String]] {
        state.withLock { $0.calls.filter { $0.action == action }.map(\.parameters) }
    }

    func change(_ change: @Sendable (inout Manners) -> Void) { state.withLock { change(&$0.manners) } }
    func edit(_ change: @Sendable (inout [Instance]) -> Void) { state.withLock { change(&$0.instances) } }

    /// A provider that speaks to it.
    func provider(
        _ options: [String: JSONValue] = [:], state directory: String, http: HTTPClient, pace: CloudPace = .quick,
        environment: [String: String] = [:]
    ) throws -> EC2Provider {
        let usual: [String: JSONValue] = [
            "region": "eu-north-1", "endpoint": .string(server.url), "image": "ami-1", "instance_type": "t3.small",
        ]
        let keys = ["AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": Self.secret.reveal()]
        var site = CloudSite(
            installation: "test", stateDirectory: directory, environment: keys.merging(environment) { $1 }, http: http)
        site.pace = pace
        return try EC2Provider(name: "cloud", options: .object(usual.merging(options) { $1 }), site: site)
    }

    // MARK: Answering

    private func answer(_ request: Request, _ connection: Connection) {
        let parameters = Self.parameters(String(decoding: request.body, as: UTF8.self))
        let action = parameters["Action"] ?? ""
        let mishap = state.withLock { state -> Mishap? in
            state.calls.append((action, parameters))
            if !Self.isSigned(request) { state.wrongSignatures += 1 }
            return state.mishaps.firstIndex { $0.action == action }.map { state.mishaps.remove(at: $0).mishap }
        }
        switch mishap {
        case .status(let status, let code, let headers):
            return connection.answer(status, Self.error(code, "as the test says"), headers: headers)
        case .text(let text): return connection.answer(200, text)
        case .silence: return connection.waitForEnd()
        case .lost, .half, nil: break
        }
        let (status, body) = state.withLock { state in Self.act(action, parameters, &state) }
        switch mishap {
        case .lost: connection.breakOff()
        case .half:
            connection.send(
                "HTTP/1.1 200 Said\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body.prefix(body.count / 2))")
            connection.breakOff()
        default: connection.answer(status, body)
        }
    }

    private static func act(_ action: String, _ given: [String: String], _ state: inout State) -> (Int, String) {
        switch action {
        case "RunInstances": return run(given, &state)
        case "DescribeInstances": return describe(given, &state)
        case "StartInstances": return move(given, &state, from: ["stopped", "pending", "running"], to: "pending")
        case "StopInstances": return move(given, &state, from: ["running", "stopping", "stopped"], to: "stopping")
        case "TerminateInstances": return move(given, &state, from: nil, to: "shutting-down")
        case "CreateTags":
            for index in state.instances.indices where given["ResourceId.1"] == state.instances[index].id {
                state.instances[index].tags.merge(tags(given, "Tag")) { $1 }
            }
            return (200, "<CreateTagsResponse><return>true</return></CreateTagsResponse>")
        case "DescribeImages":
            guard given["ImageId.1"] != "ami-0" else { return (400, error("InvalidAMIID.NotFound", "no such image")) }
            return (200, "<R><imagesSet>\(image(given["ImageId.1"] ?? "ami-2"))</imagesSet></R>")
        case "DescribeInstanceTypes": return types(given)
        default: return (400, error("InvalidAction", action))
        }
    }

    private static func run(_ given: [String: String], _ state: inout State) -> (Int, String) {
        let token = given["ClientToken"] ?? ""
        if let known = state.instances.first(where: { $0.clientToken == token }) {
            guard given == known.parameters else {
                return (400, error("IdempotentParameterMismatch", "the token was used with other parameters"))
            }
            return (200, "<R><instancesSet>\(item(known, state.manners))</instancesSet></R>")
        }
        if given["DryRun"] == "true" { return (412, error("DryRunOperation", "it would have succeeded")) }
        let instance = Instance(
            id: "i-" + String(format: "%017x", state.instances.count + 1), state: "pending", clientToken: token,
            parameters: given, tags: tags(given, "TagSpecification.1.Tag"),
            launched: Date.now.formatted(.iso8601), looks: state.manners.looksToRun, hidden: state.manners.looksHidden)
        state.instances.append(instance)
        return (200, "<R><instancesSet>\(item(instance, state.manners))</instancesSet></R>")
    }

    private static func describe(_ given: [String: String], _ state: inout State) -> (Int, String) {
        var found: [Instance] = []
        for index in state.instances.indices {
            guard passes(state.instances[index], given) else { continue }
            if state.instances[index].hidden > 0 {
                state.instances[index].hidden -= 1
                continue
            }
            found.append(state.instances[index])
            if state.instances[index].looks > 0 {
                state.instances[index].looks -= 1
                continue
            }
            let next = [
                "pending": state.manners.fate ?? "running", "stopping": "stopped", "shutting-down": "terminated",
            ]
            let now = state.instances[index].state
            state.instances[index].state = next[now] ?? now
            if state.instances[index].state == "terminated", now == "pending" {
                state.instances[index].reason = "Server.InsufficientInstanceCapacity"
            }
        }
        let start = given["NextToken"].flatMap { Int($0) } ?? 0
        let page = found.dropFirst(start).prefix(state.manners.pageSize)
        let next = start + page.count < found.count ? "<nextToken>\(start + page.count)</nextToken>" : ""
        let items = page.map { "<item><instancesSet>\(item($0, state.manners))</instancesSet></item>" }.joined()
        return (200, "<R><reservationSet>\(items)</reservationSet>\(next)</R>")
    }

    private static func move(
        _ given: [String: String], _ state: inout State, from allowed: [String]?, to next: String
    ) -> (Int, String) {
        var number = 1
        while let id = given["InstanceId.\(number)"] {
            number += 1
            guard let index = state.instances.firstIndex(where: { $0.id == id }) else {
                return (400, error("InvalidInstanceID.NotFound", id))
            }
            let now = state.instances[index].state
            if now == "terminated" { continue }
            guard allowed?.contains(now) ?? true else { return (400, error("IncorrectInstanceState", now)) }
            state.instances[index].state = next
            state.instances[index].looks = state.manners.looksToRun
        }
        return (200, "<R/>")
    }

    private static func types(_ given: [String: String]) -> (Int, String) {
        let all: [(String, Int, Int, Int)] = [
            ("a1.large", 2, 4096, 0), ("g5.xlarge", 4, 16384, 1), ("m7.large", 2, 8192, 0), ("m7.xlarge", 4, 16384, 0),
            ("t3.micro", 2, 1024, 0), ("t3.small", 2, 2048, 0), ("t3.medium", 2, 4096, 0),
        ]
        let start = given["NextToken"].flatMap { Int($0) } ?? 0
        let page = all.dropFirst(start).prefix(3)
        let next = start + page.count < all.count ? "<nextToken>\(start + page.count)</nextToken>" : ""
        let items = page.map { name, cores, memory, cards in
            "<item><instanceType>\(name)</instanceType><vCpuInfo><defaultVCpus>\(cores)</defaultVCpus></vCpuInfo>"
                + "<memoryInfo><sizeInMiB>\(memory)</sizeInMiB></memoryInfo>"
                + (cards > 0 ? "<gpuInfo><gpus><item><count>\(cards)</count></item></gpus></gpuInfo>" : "") + "</item>"
        }.joined()
        return (200, "<R><instanceTypeSet>\(items)</instanceTypeSet>\(next)</R>")
    }

    private static func passes(_ instance: Instance, _ given: [String: String]) -> Bool {
        var number = 1
        while let name = given["Filter.\(number).Name"] {
            let value = given["Filter.\(number).Value.1"]
            number += 1
            if name == "instance-id", value != instance.id { return false }
            if name.hasPrefix("tag:"), instance.tags[String(name.dropFirst(4))] != value { return false }
        }
        return true
    }

    private static func item(_ instance: Instance, _ manners: Manners) -> String {
        let runs = instance.state == "running"
        let tags = instance.tags.map { "<item><key>\(escaped($0.key))</key><value>\(escaped($0.value))</value></item>" }
        return """
            <item><instanceId>\(instance.id)</instanceId><instanceState><name>\(instance.state)</name></instanceState>
            <instanceType>\(escaped(instance.parameters["InstanceType"] ?? ""))</instanceType>
            <placement><availabilityZone>eu-north-1a</availabilityZone></placement>
            <launchTime>\(instance.launched)</launchTime>
            \(runs ? "<privateIpAddress>10.0.0.7</privateIpAddress>" : "")
            \(runs && manners.hasPublicAddress ? "<ipAddress>192.0.2.7</ipAddress>" : "")
            \(instance.reason.map { "<stateReason><code>\($0)</code><message>none</message></stateReason>" } ?? "")
            <tagSet>\(tags.joined())</tagSet></item>
            """
    }

    private static func image(_ id: String) -> String {
        """
        <item><imageId>\(id)</imageId><name>base</name><architecture>x86_64</architecture>
        <rootDeviceName>/dev/xvda</rootDeviceName><creationDate>2026-01-01T00:00:00.000Z</creationDate>
        <blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs><deleteOnTermination>false</deleteOnTermination>
        </ebs></item></blockDeviceMapping></item>
        """
    }

    private static func error(_ code: String, _ message: String) -> String {
        "<Response><Errors><Error><Code>\(code)</Code><Message>\(escaped(message))</Message></Error></Errors></Response>"
    }
}
