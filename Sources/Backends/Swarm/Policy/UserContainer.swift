import MultipleSpawner

/// Holds a user's `container_spec` to what the policy allows.
struct UserContainer {
    let policy: UserOptionPolicy
    /// The entry of `images` that is started.
    let image: JSONValue

    /// What users may give where the container's user is nobody special.
    private static let preset: Set<String> = ["env", "args", "workdir"]

    /// The template's `container_spec` with the user's keys over it.
    func apply(_ wanted: [String: JSONValue]) throws(SpawnError) -> JSONValue {
        var container = policy.options["container_spec"]?.objectValue ?? [:]
        for (key, value) in wanted.sorted(by: { $0.key < $1.key }) {
            try check(key)
            guard !Self.expanded.contains(key) || !Self.holdsTemplate(value) else {
                throw SpawnError(
                    .forbidden, "'container_spec.\(key)' holds '{{', which Docker reads as a template; write it out")
            }
            switch key {
            case "env":
                let variables = EnvironmentList(value)
                try check(variables)
                var merged = EnvironmentList(container["env"])
                merged.merge(EnvironmentList(variables.variables.mapValues { DockerTemplate.literal($0) }))
                container["env"] = merged.value
            case "labels":
                let labels = value.objectValue?.compactMapValues(\.stringValue) ?? [:]
                try ServiceLabels.check(labels, in: "'container_spec'")
                let admin = container["labels"]?.objectValue ?? [:]
                container["labels"] = .object(labels.mapValues { .string($0) }.merging(admin) { $1 })
            case "mounts":
                container["mounts"] = .array(
                    (container["mounts"]?.arrayValue ?? []) + (try UserMounts(policy: policy).apply(value)))
            case "configs", "secrets":
                let files = value.arrayValue ?? []
                try UserFiles(policy: policy, kind: key).check(files)
                container[key] = .array((container[key]?.arrayValue ?? []) + files)
            default:
                container[key] = value
            }
        }
        return .object(container)
    }

    private func check(_ key: String) throws(SpawnError) {
        guard key != "image" else {
            throw SpawnError(
                .forbidden, "'container_spec.image' is not for users; choose an image by 'user_selected_image'")
        }
        guard Self.preset.contains(key) else { return try policy.require("container_spec.\(key)") }
        if runsAsRoot {
            // An image that drops its rights does so by what these say.
            try policy.require("container_spec.\(key)", "as the container is started by root")
        }
    }

    /// Variables that say who the server is and which devices it sees are not a matter of choice.
    private func check(_ variables: EnvironmentList) throws(SpawnError) {
        let name = variables.variables.keys.sorted().first { name in
            ServiceEnvironment.belongsToHub(name) || Self.reserved.contains { name.hasPrefix($0) }
        }
        guard let name else { return }
        throw SpawnError(
            .forbidden, "the variable '\(name.excerpt)' may not be chosen; leave it out, the spawner sets it")
    }

    private static let reserved = [
        "NVIDIA_", "DOCKER_RESOURCE_", "AMD_VISIBLE", "HABANA_", "MULTIPLESPAWNER", "MEM_LIMIT", "CPU_LIMIT",
    ]

    /// The keys besides `env` that Docker reads templates in.
    private static let expanded: Set<String> = ["mounts", "hostname"]

    private static func holdsTemplate(_ value: JSONValue) -> Bool {
        switch value {
        case .string(let text): DockerTemplate.holdsTemplate(text)
        case .array(let values): values.contains { holdsTemplate($0) }
        case .object(let members): members.contains { DockerTemplate.holdsTemplate($0.key) || holdsTemplate($0.value) }
        case .null, .bool, .integer, .number: false
        }
    }

    /// What the template says. An image's own user is known to the node alone: nothing said is taken as nobody special,
    /// as in Jupyter's own images, and the documentation asks for `user` where an image is root's.
    private var runsAsRoot: Bool {
        let levels = [image, image["container_spec"], policy.options["container_spec"]]
        let user = levels.lazy.compactMap { $0?["user"]?.stringValue ?? $0?["uid_gid"]?.stringValue }.first
        guard let user else { return false }
        // What cannot be read may be anybody.
        return (try? UserAndGroup(user))?.isRoot ?? true
    }
}
