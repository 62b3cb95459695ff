import Foundation
import MultipleSpawner
import Testing

@testable import Backends

/// What the tests of the Swarm backend's pure part share.
enum SwarmTest {
    /// What JupyterHub 6.1 gives the server of a user, as the Python class sends it.
    static func environment(_ user: String = "alice", server: String = "") -> [String: Secret] {
        let prefix = "/user/\(user)/\(server.isEmpty ? "" : server + "/")"
        return [
            "PATH": "/opt/hub/bin:/usr/bin", "LANG": "C.UTF-8", "JUPYTERHUB_API_TOKEN": "t0ken",
            "JPY_API_TOKEN": "t0ken", "JUPYTERHUB_CLIENT_ID": Secret("jupyterhub-user-\(user)"),
            "JUPYTERHUB_USER": Secret(user), "JUPYTERHUB_SERVER_NAME": Secret(server),
            "JUPYTERHUB_API_URL": "http://127.0.0.1:8081/hub/api",
            "JUPYTERHUB_ACTIVITY_URL": Secret("http://127.0.0.1:8081/hub/api/users/\(user)/activity"),
            "JUPYTERHUB_BASE_URL": "/", "JUPYTERHUB_SERVICE_PREFIX": Secret(prefix),
            "JUPYTERHUB_SERVICE_URL": Secret("http://127.0.0.1:0\(prefix)"),
        ]
    }

    static func plan(
        _ options: JSONValue = [:], user: String = "alice", server: String = "", id: String = "0123456789abcdef",
        limits: SessionPlan.Limits = SessionPlan.Limits(), resources: ResourceSpecification = ResourceSpecification(),
        files: [UploadedFile] = [], settings: ServerSettings = ServerSettings(),
        environment: [String: Secret]? = nil
    ) throws -> SessionPlan {
        SessionPlan(
            id: try SessionID(id), identity: try SessionIdentity(hub: "h", user: user, server: server),
            template: "swarm", provider: "local", resourceType: .container, resources: resources, limits: limits,
            backend: "swarm", options: options, files: files,
            environment: environment ?? Self.environment(user, server: server), settings: settings)
    }

    /// The options as a file's reader hands them on.
    static func bound(_ options: JSONValue) throws -> JSONValue { try SwarmOptions.shape.bind(options) }

    static func specification(
        _ options: JSONValue, _ change: (inout ServiceAssembly) -> Void = { _ in }
    ) throws -> JSONValue {
        try specification(try plan(options), change)
    }

    static func specification(
        _ plan: SessionPlan, _ change: (inout ServiceAssembly) -> Void = { _ in }
    ) throws -> JSONValue {
        let options = try SwarmOptions(plan)
        var assembly = ServiceAssembly(name: options.names(for: plan).preferred)
        change(&assembly)
        return try json(try ServiceSpecification(plan, options, assembly))
    }

    static func json(_ value: some Encodable) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value))
    }

    /// What is said when it does not go.
    static func refusal(_ body: () throws -> some Any) -> String {
        do {
            let value = try body()
            return "taken: \(value)"
        } catch {
            return (error as? SpawnError)?.message ?? "\(error)"
        }
    }
}
