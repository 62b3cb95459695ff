import MultipleSpawner

/// Reads an object of options that were held against their declaration: types and names are right.
struct OptionReader {
    let object: [String: JSONValue]
    /// Whether a text may still hold a placeholder, and is then not looked into: there is no user yet, or the options
    /// are only shown. A start reads them once more.
    let isOpen: Bool

    init(_ bound: JSONValue?, isOpen: Bool = false) {
        object = bound?.objectValue ?? [:]
        self.isOpen = isOpen
    }

    /// Whether what the text will be is not known yet.
    func isUnknown(_ text: String) -> Bool { isOpen && Placeholders.remain(in: text) }

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
        object[key]?.objectValue.map { OptionReader(.object($0), isOpen: isOpen) }
    }

    /// A driver with a name; one without is none.
    func driver(_ key: String) -> NamedDriver? {
        guard let driver = reader(key), let name = driver.text("name") else { return nil }
        return NamedDriver(name: name, options: driver.texts("options"))
    }
}
