extension ObjectShape {
    /// Holds options that stand in no file against this declaration.
    ///
    /// - Parameter keepingPlaceholders: whether a text with a placeholder fits any place, as it will be filled in yet.
    /// - Returns: the options as a backend reads them: right types, canonical names, memory in bytes.
    /// - Throws: `invalid_request` with the first thing that is wrong; where there are several, all are its details.
    public func bind(_ options: JSONValue, keepingPlaceholders: Bool = false) throws(SpawnError) -> JSONValue {
        try bind(JSONNode(options), calling: "options", placeholders: keepingPlaceholders ? .attributes : .none)
    }

    func bind(
        _ root: JSONNode, calling what: String, placeholders: Binder.PlaceholderPolicy = .none
    ) throws(SpawnError) -> JSONValue {
        var binder = Binder(placeholders: placeholders)
        let value = binder.bind(root, to: .object(self))
        guard let value, binder.remarks.isEmpty else {
            let lines = binder.remarks.map { remark in
                let path = root.keyPath(to: remark.offset)
                return path.isEmpty ? remark.message : "\(path): \(remark.message)"
            }
            // One mistake is told by the message alone.
            throw SpawnError(
                .invalidRequest, "\(what): \(binder.remarks.first?.message ?? "they cannot be read")",
                details: lines.count > 1 ? lines : [])
        }
        return value
    }
}

extension ObjectShape {
    /// The same for a text that was read, such as the body of a request. What is wrong with the text itself is told too.
    public func bind(_ source: JSONSource) throws(SpawnError) -> JSONValue {
        let diagnostics = source.diagnostics.filter { $0.severity == .error }
        guard let root = source.root, diagnostics.isEmpty else {
            throw SpawnError(
                .invalidRequest, "\(source.file): \(diagnostics.first?.message ?? "it is empty")",
                details: diagnostics.map(\.description))
        }
        return try bind(root, calling: source.file)
    }
}
