import BackendContract
import MultipleSpawner

/// Plans of the mock backend for the scenarios of the contract.
enum MockScenario {
    static func plan(
        _ scenario: BackendContract.Scenario, _ id: SessionID, world: String? = nil
    ) throws -> SessionPlan {
        var options: [String: JSONValue] =
            switch scenario {
            case .plain: [:]
            case .failing: ["fail_at": "after_checkpoint"]
            case .slow: ["delay": 0.5]
            case .ending(let status): ["exit_after": 0.05, "exit_code": .integer(Int(status))]
            case .unreachable: ["unreachable": "the mock was told so"]
            }
        if let world { options["world_path"] = .string(world) }
        return SessionPlan(
            id: id, identity: try SessionIdentity(hub: "test", user: "alice", server: "lab"), template: "mock",
            backend: "mock", options: .object(options))
    }
}
