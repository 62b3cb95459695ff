import MultipleSpawner

extension SwarmShape {
    static let image = ObjectShape([
        Field("image", .string, aliases: ["Image"], required: true, "The image, exactly as Docker gets it."),
        Field("name", .string, "What the form calls it; the image when it is not given."),
        Field("description", .string, "A sentence for the form."),
        Field("access", Access.shape, "Who may start this image; everybody when it is not given."),
        Field("command", command, "What replaces the image's ENTRYPOINT."),
        Field("args", command, "What replaces the image's CMD."),
        Field("env", variables, "Variables of the container, over those of the hub."),
        Field("workdir", .path, "The directory in which the container's program starts."),
        Field("user", account, "The user that the container runs as."),
        Field("uid_gid", .string, "The container's user and the owner of uploaded files: `1000:100`."),
        Field("mounts", .list(mount), "Mounts beside those of the template; equal targets are replaced."),
        Field("configs", .list(configReference), "Docker configs beside those of the template."),
        Field("secrets", .list(secretReference), "Docker secrets beside those of the template."),
        Field(
            "ulimits", ulimits, aliases: ["ulimit"], "Limits of the container's processes, instead of the template's."),
        Field("container_spec", .object(container), "Keys of the container, over the template's."),
        Field("resource_spec", .object(resources), aliases: ["resources"], "Limits, instead of the template's."),
        Field("placement", placement, "Where it may run, instead of the template's."),
        Field("networks", .list(network), aliases: ["network"], "Networks, instead of the template's."),
        Field("log_driver", .object(logDriver), "Where its output goes, instead of the template's."),
        Field("endpoint_spec", .object(endpoint), "Published ports, instead of the template's."),
        Field("restart_policy", .object(restartPolicy), "When it is restarted, instead of the template's."),
        Field(
            "accelerators", accelerators, aliases: ["accelerator_pools"],
            "Devices that a session gets, instead of the template's."),
        Field("service_port", port, "The port that the server of this image listens on."),
    ])
}
