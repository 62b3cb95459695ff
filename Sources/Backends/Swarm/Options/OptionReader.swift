import MultipleSpawner

/// Reads an object of options that were held against their declaration: types and names are right.
struct OptionReader {
    let object: [String: JSONValue]

    init(_ bound: JSONValue?) {
        object = bound?.objectValue ?? [:]
    }

    subscript(key: String) -> JSONValue? { object[key] }

    /// Text; an empty one is as good as none.
    func text(_ key: String) -> String? {
        object[key]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    }

    func flag(_ key: String) -> Bool? { object[key]?.boolValue }

    func number(_ key: String) -> Int? { object[key]?.integerValue }

    /// A list of texts; an empty one is as good as none.
    func list(_ key: String) -> [String]? {
        object[key]?.arrayValue.flatMap { $0.isEmpty ? nil : $0.compactMap(\.stringValue) }
    }

    /// An object of texts; an empty one is as good as none.
    func texts(_ key: String) -> [String: String]? {
        object[key]?.objectValue.flatMap { $0.isEmpty ? nil : $0.compactMapValues(\.stringValue) }
    }

    /// A command; an empty one is as good as none.
    func words(_ key: String) throws(SpawnError) -> [String]? {
        try ShellWords.read(object[key]).flatMap { $0.isEmpty ? nil : $0 }
    }

    func reader(_ key: String) -> OptionReader? {
        object[key]?.objectValue.map { OptionReader(.object($0)) }
    }

    /// A driver with a name; one without is none.
    func driver(_ key: String) -> NamedDriver? {
        guard let driver = reader(key), let name = driver.text("name") else { return nil }
        return NamedDriver(name: name, options: driver.texts("options"))
    }
}
