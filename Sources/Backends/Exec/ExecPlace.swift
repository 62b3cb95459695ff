import MultipleSpawner
import Transport

/// A program with its data, as a template names it: the place where it starts servers.
struct ExecPlace: Sendable, Hashable, Codable {
    var command: [String]
    /// The same for all that is asked there; nothing in it is secret.
    var data: JSONValue

    /// - Parameter options: of a template.
    init(_ options: JSONValue) {
        command = options["command"]?.words ?? []
        data = options["data"] ?? [:]
    }

    func program(timeout: Double?) throws(SpawnError) -> PluginProgram {
        try PluginProgram(.backend, command: command, timeout: timeout)
    }
}

extension JSONValue {
    /// A list of strings; one string is a list of one.
    var words: [String] {
        stringValue.map { [$0] } ?? arrayValue?.compactMap(\.stringValue) ?? []
    }
}
