import MultipleSpawner

/// What holds of a template's options for one image: the one place that says which of two values wins.
///
/// | key | who wins |
/// |---|---|
/// | `container_spec` | the image's own keys, the image's `container_spec`, the template's (a user's are in it) |
/// | `mounts`, `configs`, `secrets` | all of them together; of equal targets the image's |
/// | `env` | see `ServiceEnvironment` |
/// | `resource_spec`, `placement`, `networks`, `log_driver`, `endpoint_spec`, `restart_policy` | the image's as a whole |
/// | `ulimits`, `service_port` | the image's as a whole |
/// | `accelerators` | the image's as a whole; names mean the template's pools, see `AcceleratorPlan` |
///
/// A user's choice is in the template's values already: `settle` puts it there. So the order is image, user, template,
/// as SwarmSpawner has it.
struct OptionPrecedence {
    /// The options of the template.
    let options: JSONValue
    /// One entry of `images`.
    let image: JSONValue

    /// The keys of an image that replace the template's as a whole.
    private static let replaced = [
        "resource_spec", "placement", "networks", "log_driver", "endpoint_spec", "restart_policy", "service_port",
    ]

    /// The keys of an image that are keys of the container too.
    private static let containerKeys = ["command", "args", "workdir", "user", "uid_gid", "ulimits"]

    /// The options with those of the image in their places; `images` is gone.
    var merged: [String: JSONValue] {
        var merged = options.objectValue ?? [:]
        merged["images"] = nil
        for key in Self.replaced {
            if let value = image[key] { merged[key] = value }
        }
        merged["container_spec"] = .object(container)
        for key in ["mounts", "configs", "secrets", "ulimits"] { merged[key] = nil }
        return merged
    }

    private var container: [String: JSONValue] {
        var container = options["container_spec"]?.objectValue ?? [:]
        let extra = image["container_spec"]?.objectValue ?? [:]
        if let ulimits = options["ulimits"], container["ulimits"] == nil { container["ulimits"] = ulimits }
        var variables = EnvironmentList(container["env"])
        variables.merge(EnvironmentList(extra["env"]))
        let labels = (container["labels"]?.objectValue ?? [:]).merging(extra["labels"]?.objectValue ?? [:]) { $1 }
        for (key, value) in extra { container[key] = value }
        // The user of a level is its `user`, else its `uid_gid`; one of the image hides both of the template.
        for source in [extra, image.objectValue ?? [:]] where source["user"] != nil || source["uid_gid"] != nil {
            container["user"] = source["user"]
            container["uid_gid"] = source["uid_gid"]
        }
        for key in Self.containerKeys where key != "user" && key != "uid_gid" {
            if let value = image[key] { container[key] = value }
        }
        container["env"] = variables.isEmpty ? nil : variables.value
        container["labels"] = labels.isEmpty ? nil : .object(labels)
        container["mounts"] = joined("mounts", replacing: "target", extra)
        container["configs"] = joined("configs", replacing: "filename", extra)
        container["secrets"] = joined("secrets", replacing: "filename", extra)
        return container
    }

    /// The template's list and the image's; what is later replaces what is at the same place.
    private func joined(_ key: String, replacing place: String, _ extra: [String: JSONValue]) -> JSONValue? {
        let lists = [options[key], options["container_spec"]?[key], extra[key], image[key]]
        var joined: [JSONValue] = []
        for element in lists.flatMap({ $0?.arrayValue ?? [] }) {
            if let target = element[place] { joined.removeAll { $0[place] == target } }
            joined.append(element)
        }
        return joined.isEmpty ? nil : .array(joined)
    }
}
