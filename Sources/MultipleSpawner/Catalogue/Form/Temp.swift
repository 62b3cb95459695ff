public struct SpawnForm: Sendable { public func options(from fields: [String: [String]]) throws -> JSONValue { nil } }
extension Catalogue {
    public func form(for user: String, groups: Set<String>, last: JSONValue = nil) -> SpawnForm { SpawnForm() }
    public func optionsSchema(for user: String, groups: Set<String>) -> JSONValue { nil }
    public func capacity(of provider: String) -> Int? { providers.first { $0.name == provider }?.capacity.sessions }
}
public enum JSONSchema {
    public static func schema(of shape: Shape) -> JSONValue { nil }
    public static func document(title: String, _ shape: Shape) -> JSONValue { nil }
}
public enum CatalogueSchema {
    public static func templates(_ r: Registry) -> JSONValue { nil }
    public static func deployments(_ r: Registry) -> JSONValue { nil }
    public static func providers() -> JSONValue { nil }
}
extension Template { public var backendOptions: JSONValue { [:] } }
