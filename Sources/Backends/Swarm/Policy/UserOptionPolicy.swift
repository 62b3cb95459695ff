import MultipleSpawner

/// What users may give beyond image and files, and what it comes to.
///
/// Without `use_user_options` it is nothing. With it, what makes nobody more than a user of a container: variables,
/// arguments and directory of the program, limits within the admin's, and the admin's accelerator pools. Each further
/// key is named by the admin in `allowed_user_options`.
struct UserOptionPolicy {
    let isOn: Bool
    /// What the admin named, beside the preset.
    let allowed: Set<String>
    /// The template's options, with nothing of the user's in them.
    let options: JSONValue

    init(_ options: JSONValue) {
        isOn = options["use_user_options"]?.boolValue ?? false
        allowed = Set(options["allowed_user_options"]?.arrayValue?.compactMap(\.stringValue) ?? [])
        self.options = options
    }

    /// The keys of user options that are read at all, for the menu.
    var keys: [String] {
        guard isOn else { return [] }
        var keys = ["container_spec", "resource_spec"]
        if !AcceleratorPlan.names(options["accelerators"]).isEmpty { keys.append("accelerators") }
        let hasNetworks = options["allowed_networks"]?.arrayValue?.isEmpty == false
        return keys
            + ["networks", "placement", "log_driver"].filter { allows($0) && ($0 != "networks" || hasNetworks) }
    }

    /// `resource_spec` means all its keys. Of `container_spec` each is named by itself, for most of them give power.
    func allows(_ key: String) -> Bool {
        allowed.contains(key) || key.utf8.starts(with: "resource_spec.".utf8) && allowed.contains("resource_spec")
    }

    /// - Throws: `forbidden` unless the admin allows the key.
    func require(_ key: String, _ reason: String = "") throws(SpawnError) {
        guard !allows(key) else { return }
        throw SpawnError(
            .forbidden,
            "'\(key)' may not be chosen here\(reason.isEmpty ? "" : ", \(reason)"); leave it out, or ask the admin to "
                + "name it in 'allowed_user_options'")
    }

    /// What `allowed_user_options` may name.
    static let knownKeys: [String] =
        ["networks", "placement", "placement.nodes", "log_driver", "accelerators", "resource_spec"]
        + SwarmShape.resources.fields.map { "resource_spec.\($0.name)" }
        + SwarmShape.container.fields.filter { $0.name != "image" }.map { "container_spec.\($0.name)" }
        + mountKeys.map { "container_spec.mounts.\($0)" }

    private static let mountKeys = ["bind", "npipe", "driver_config", "docker_socket", "any_volume"]

    /// The declaration of what users send.
    static let shape = ObjectShape([
        Field("container_spec", .object(SwarmShape.container), "Keys of the container."),
        Field("resource_spec", .object(SwarmShape.resources), aliases: ["resources"], "Limits."),
        Field("networks", .list(.string), aliases: ["network"], "Further networks, by name."),
        Field("accelerators", .list(.string), "Names of accelerator pools."),
        Field("placement", SwarmShape.placement, "Further constraints of the nodes."),
        Field("log_driver", .object(SwarmShape.logDriver), "Where the output goes."),
    ])
}
