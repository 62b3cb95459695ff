import BackendContract
import Foundation
import MultipleSpawner
import Testing

@testable import Backends

/// `unix:///…/docker.sock` of an engine that is a swarm and has the image `tiny:test`.
private let testedDocker = ProcessInfo.processInfo.environment["MULTIPLESPAWNER_TEST_DOCKER"]

/// Held against a real swarm, which the system tests start and name; alone, there is none.
@Suite(.enabled(if: testedDocker != nil), .serialized)
struct SwarmContractTests {

    private static func backend() throws -> SwarmBackend {
        SwarmBackend(try SwarmConfiguration(environment: ["DOCKER_HOST": testedDocker ?? ""]))
    }

    @Test(arguments: Promise.allCases)
    func `the promise is kept by the swarm backend`(_ promise: Promise) async throws {
        let contract = BackendContract(
            try Self.backend(), restarted: { try Self.backend() },
            makePlan: { scenario, id in try Self.plan(scenario, id) })
        let finding = await contract.check(promise)
        #expect(finding.level == (promise == .unknownIsNotDead ? .warning : .ok), "\(finding.message)")
    }

    private static func plan(_ scenario: BackendContract.Scenario, _ id: SessionID) throws -> SessionPlan? {
        let arguments: JSONValue
        switch scenario {
        case .plain: arguments = ["tiny_server"]
        case .failing: arguments = ["/no/such/program"]
        case .slow: arguments = ["tiny_server", "--slow", "1"]
        case .ending(let status): arguments = ["tiny_server", "--end", "2", .string(String(status))]
        case .unreachable: return nil
        }
        return SessionPlan(
            id: id, identity: try SessionIdentity(hub: "contract", user: "user-\(id.rawValue.suffix(12))"),
            template: "contract", resourceType: .container, backend: SwarmBackend.kind,
            options: ["images": [["image": "tiny:test", "name": "tiny"]], "container_spec": ["args": arguments]],
            environment: ["JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:0/user/x/", "JUPYTERHUB_API_TOKEN": "t0ken"],
            startTimeout: .seconds(60))
    }
}
