import MultipleSpawner

/// Variables as options give them: an object, or a list of `NAME=value`.
struct EnvironmentList: Sendable, Hashable {
    private(set) var variables: [String: String]

    init(_ variables: [String: String] = [:]) {
        self.variables = variables
    }

    /// Reads what was bound. A name without `=` is a variable without a value.
    init(_ bound: JSONValue?) {
        variables = [:]
        switch bound {
        case .object(let members):
            for (name, value) in members { variables[name] = value.stringValue }
        case .array(let lines):
            for line in lines.compactMap(\.stringValue) { set(line) }
        case .string(let line):
            set(line)
        default:
            break
        }
    }

    var isEmpty: Bool { variables.isEmpty }

    /// As options have it again.
    var value: JSONValue { .object(variables.mapValues { .string($0) }) }

    /// The other's variables win.
    mutating func merge(_ other: EnvironmentList) {
        variables.merge(other.variables) { $1 }
    }

    private mutating func set(_ line: String) {
        let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        variables[String(parts[0])] = parts.count == 2 ? String(parts[1]) : ""
    }
}
