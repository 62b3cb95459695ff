import MultipleSpawner

/// Holds the Docker configs or secrets that a user brings to those that the admin lists by name.
///
/// A manager hands over whichever is asked for: another user's token and the certificates of the site are among them.
struct UserFiles {
    let policy: UserOptionPolicy
    /// `configs` or `secrets`.
    let kind: String

    private var word: String { String(kind.dropLast()) }
    private var listKey: String { "allowed_\(kind)" }

    /// - Throws: `forbidden` for one that is not listed, is named by an id, or is a session's.
    func check(_ wanted: [JSONValue]) throws(SpawnError) {
        let listed = policy.options[listKey]?.arrayValue?.compactMap(\.stringValue) ?? []
        let prefix = policy.options["service_prefix"]?.stringValue ?? "jupyter"
        for entry in wanted {
            guard entry["\(word)_id"].map(\.isNull) ?? true else {
                throw SpawnError(.forbidden, "a \(word) is chosen by its name; leave '\(word)_id' out")
            }
            let name = entry["\(word)_name"]?.stringValue ?? ""
            guard !ServiceNames.isOfSession(name, prefix: prefix) else {
                throw SpawnError(
                    .forbidden, "the \(word) '\(name.excerpt)' is a session's own and may not be chosen; leave it out")
            }
            guard listed.contains(where: { $0.utf8.elementsEqual(name.utf8) }) else {
                throw SpawnError(
                    .forbidden,
                    "the \(word) '\(name.excerpt)' may not be chosen here; "
                        + (listed.isEmpty
                            ? "the admin lists none in '\(listKey)'"
                            : "choose of \(listed.map { "'\($0.excerpt)'" }.joined(separator: ", "))"))
            }
        }
    }
}
