import MultipleSpawner

/// One machine of the list, and what is special about it.
struct SSHHost: Sendable, Hashable {
    /// As the file names it.
    let text: String
    let address: SSHAddress
    let command: [String]?
    let condaEnvironment: String?
    let preStart: [String]?
    let path: String?

    init(_ entry: JSONValue) throws(SpawnError) {
        let reader = OptionReader(entry)
        text = entry.stringValue ?? reader.text("host") ?? ""
        var address = try SSHAddress(text)
        if let port = reader.number("port") { address.port = port }
        if let user = reader.text("user") { address.user = try SSHAddress.account(user) }
        self.address = address
        command = reader.list("cmd")
        condaEnvironment = reader.text("conda_env")
        preStart = reader.list("pre_start")
        path = reader.text("path")
        let texts = (command ?? []) + (preStart ?? []) + [condaEnvironment, path].compactMap { $0 }
        guard !texts.contains(where: { $0.utf8.contains(0) }) else {
            throw SpawnError(.invalidRequest, "an option of the machine '\(text.excerpt)' holds a NUL byte; remove it")
        }
    }
}
