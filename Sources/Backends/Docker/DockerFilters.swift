import MultipleSpawner

/// Docker's `filters`: of each key, any of its values fits; all keys must.
public struct DockerFilters: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    private var values: [String: [String]]

    public init(_ values: [String: [String]] = [:]) {
        self.values = values
    }

    public init(dictionaryLiteral elements: (String, [String])...) {
        values = Dictionary(elements, uniquingKeysWith: +)
    }

    /// The JSON that a query carries: `["filters": filters.text]`.
    public var text: String {
        JSONValue.object(values.mapValues { .array($0.map { .string($0) }) }).text
    }
}
