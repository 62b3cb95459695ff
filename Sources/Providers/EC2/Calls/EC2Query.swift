/// The parameters of a call, as the Query API takes them: lists are numbered from 1.
struct EC2Query: Sendable, Hashable {
    private(set) var pairs: [Pair] = []

    struct Pair: Sendable, Hashable {
        let name: String
        let value: String
    }

    mutating func set(_ name: String, _ value: String?) {
        guard let value else { return }
        pairs.append(Pair(name: name, value: value))
    }

    mutating func set(_ name: String, _ value: Bool?) {
        set(name, value.map { $0 ? "true" : "false" })
    }

    /// `InstanceId.1`, `InstanceId.2`
    mutating func list(_ name: String, _ values: [String]) {
        for (index, value) in values.enumerated() { set("\(name).\(index + 1)", value) }
    }

    /// Only what has one of these values: `Filter.1.Name`, `Filter.1.Value.1`
    mutating func filters(_ filters: [(name: String, values: [String])]) {
        for (index, filter) in filters.enumerated() {
            set("Filter.\(index + 1).Name", filter.name)
            list("Filter.\(index + 1).Value", filter.values)
        }
    }

    mutating func tags(_ prefix: String, _ tags: [(key: String, value: String)]) {
        for (index, tag) in tags.enumerated() {
            set("\(prefix).\(index + 1).Key", tag.key)
            set("\(prefix).\(index + 1).Value", tag.value)
        }
    }

    subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }

    /// As the body of a form.
    var encoded: String { pairs.map { "\($0.name.percentEncoded)=\($0.value.percentEncoded)" }.joined(separator: "&") }
}
