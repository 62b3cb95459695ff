import MultipleSpawner

extension SwarmOptions {
    /// The declaration. The names are SwarmSpawner's where it has them.
    static let shape = ObjectShape(images + service + hub + users + place)

    private static let images = [
        Field(
            "images", .list(.object(SwarmShape.image)), aliases: ["dockerimages"], "The images; the first is preset."),
        Field("image", .string, aliases: ["Image"], "The one image that is started, whatever `images` has."),
        Field(
            "set_service_image_name_label", .boolean,
            "Label the container with the image's name as `ImageName` too (false)."),
    ]

    private static let service = [
        Field("container_spec", .object(SwarmShape.container), "What containers are like."),
        Field("resource_spec", .object(SwarmShape.resources), aliases: ["resources"], "What containers may use."),
        Field("placement", SwarmShape.placement, "Which nodes they run on."),
        Field("networks", .list(SwarmShape.network), aliases: ["network"], "The networks they are on."),
        Field("mounts", .list(SwarmShape.mount), "What is mounted into them."),
        Field("configs", .list(SwarmShape.configReference), "Docker configs that appear as files."),
        Field("secrets", .list(SwarmShape.secretReference), "Docker secrets that appear as files."),
        Field("log_driver", .object(SwarmShape.logDriver), "Where their output goes."),
        Field("endpoint_spec", .object(SwarmShape.endpoint), "Published ports, and how names are resolved."),
        Field(
            "restart_policy", .object(SwarmShape.restartPolicy), "When they are restarted: never, if nothing is said."),
        Field("ulimits", SwarmShape.ulimits, aliases: ["ulimit"], "Limits of their processes."),
        Field("labels", SwarmShape.labels, aliases: ["label"], "Labels of the services, beside ours."),
        Field(
            "accelerators", SwarmShape.accelerators, aliases: ["accelerator_manager"],
            "Pools of devices; a session gets one device of each, or what its image says."),
        Field("gpu_resource", .string, "The generic resource that the chosen number of GPUs reserves: `NVIDIA-GPU`."),
        Field("service_prefix", .string, "How the services' names begin (jupyter)."),
        Field("service_port", SwarmShape.port, aliases: ["port"], "The port that servers listen on (8888)."),
        Field(
            "service_owner", .choice(OwnerStyle.allCases.map(\.rawValue)),
            "How a user is called in names: `name`, or `md5` as older spawners had it (name)."),
    ]

    private static let hub = [
        Field("environment", SwarmShape.variables, "Variables of the servers, over those of the hub."),
        Field("cmd", SwarmShape.command, "What replaces the image's CMD, where `args` does not."),
        Field("args", SwarmShape.command, "Further arguments after `cmd`."),
        Field("ip", .string, "The address that servers bind in their container (0.0.0.0)."),
        Field("notebook_dir", .path, "Where the servers' files are."),
        Field("default_url", .string, "The page that a server opens: `/lab`."),
        Field("mem_limit", .quantity(.bytes), "The most memory, where `resource_spec` has no limit."),
        Field("mem_guarantee", .quantity(.bytes), "Memory that is reserved, where `resource_spec` reserves none."),
        Field("cpu_limit", .quantity(.nanoCPUs), "The most cores, where `resource_spec` has no limit."),
        Field("cpu_guarantee", .quantity(.nanoCPUs), "Cores that are reserved, where `resource_spec` reserves none."),
        Field(
            "jupyterhub_service_name", .string,
            "The host name by which containers reach the hub, instead of the one that the hub says."),
        Field(
            "token", .choice(TokenDelivery.allCases.map(\.rawValue)),
            "How the API token travels: in the `environment`, or as a Docker `secret` (environment)."),
        Field(
            "connect", .choice(ConnectMode.allCases.map(\.rawValue)), "How the hub reaches the servers (auto)."),
    ]

    private static let users = [
        Field("use_user_options", .boolean, "Whether users may give further keys, as far as they are allowed (false)."),
        Field(
            "allowed_user_options", .list(.choice(UserOptionPolicy.knownKeys)),
            "What users may give beyond the preset: `placement`, `container_spec.mounts`…"),
        Field("allowed_networks", .list(.string), "The networks that users may choose, where they may."),
        Field("allowed_secrets", .list(.string), "The Docker secrets that users may choose, where they may."),
        Field("allowed_configs", .list(.string), "The Docker configs that users may choose, where they may."),
        Field(
            "user_format_attributes", .list(.string),
            "Attributes of the hub's user whose values are placeholders here: `mount_data`."),
        Field("enable_user_upload_install_files", .boolean, "Whether users may bring files along (false)."),
        Field("allowed_user_upload_extensions", .list(.string), "Extensions of those files ([\".txt\"])."),
        Field("user_upload_destination_directory", .path, "Where they appear (/user-installs)."),
        Field("user_upload_max_files", .integer(1...100), "How many files at most (10)."),
        Field(
            "user_upload_max_size", .quantity(.bytes),
            "How large a file may be: bytes, or text such as `100K` (512000; Docker takes 1000 KiB)."),
        Field("form_template", .string, "HTML around the list of images, with `{option_template}`."),
        Field("option_template", .string, "HTML of one image, with `{value}` and `{name}`."),
        Field("user_upload_form", .string, "HTML of the upload."),
    ]

    private static let place = [
        Field("docker_host", .list(.string), "The managers to ask, instead of the daemon's own setting."),
        Field("tls_config", .object(tls), "Certificates for them."),
        Field("insecure_tcp", .boolean, "Take tcp:// without TLS also beyond this machine (false)."),
        Field("home_hook", .object(SwarmShape.homeHook), "What makes a home directory before it is mounted."),
        Field(
            "cleanup_image", .string, "An image for removing volumes of worker nodes; one that is there, if not given."),
    ]

    private static let tls = ObjectShape([
        Field("ca_cert", .path, "The authority that signed the managers' certificates."),
        Field("client_cert", .list(.path), "The client's certificate, and its key."),
        Field("verify", .either([.boolean, .path]), "Always true; a path is read as `ca_cert`."),
        Field("assert_hostname", .either([.boolean, .string]), "Always true."),
    ])
}
