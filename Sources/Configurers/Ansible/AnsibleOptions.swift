import MultipleSpawner

/// What a template may say about playbooks, read from options that were checked against `shape`.
struct AnsibleOptions: Sendable {
    var variables: [String: JSONValue]
    var group: String?
    var port: Int?
    var playbooks: [String]
    var inventory: String?
    var knownHosts: [String]
    var cleanup: Cleanup?
    var isForced: Bool
    var timeLimit: Duration?
    var program: String?

    struct Cleanup: Sendable {
        var playbooks: [String]
        var variables: [String: JSONValue]
    }

    init(_ options: JSONValue) throws(SpawnError) {
        variables = options["host_variables"]?.objectValue ?? [:]
        group = options["host_settings"]?["group"]?.filledString
        port = options["host_settings"]?["port"]?.integerValue
        playbooks = try Self.playbooks(options["apply_kwargs"], "apply_kwargs")
        inventory = options["inventory_path"]?.filledString
        knownHosts = options["known_hosts"]?.strings ?? []
        isForced = options["force"]?.boolValue ?? false
        timeLimit = options["time_limit"]?.doubleValue.map { .milliseconds(Int64($0 * 1000)) }
        program = options["ansible_playbook"]?.filledString
        if let cleanup = options["cleanup"], cleanup.objectValue?.isEmpty == false {
            self.cleanup = Cleanup(
                playbooks: try Self.playbooks(cleanup, "cleanup"),
                variables: cleanup["host_variables"]?.objectValue ?? [:])
        }
        if let group {
            guard HostVariables.isName(group.filter { $0 != "-" && $0 != "." }) else {
                throw SpawnError(
                    .invalidRequest,
                    "'\(group.excerpt)' in 'host_settings' is no name of a group; use letters, digits and '_'")
            }
        }
    }

    private static func playbooks(_ options: JSONValue?, _ place: String) throws(SpawnError) -> [String] {
        let playbooks = options?["playbook_paths"]?.strings ?? []
        guard !playbooks.isEmpty else {
            throw SpawnError(
                .invalidRequest, "'\(place)' names no playbook; set its 'playbook_paths' to the playbooks to run")
        }
        return playbooks
    }
}
