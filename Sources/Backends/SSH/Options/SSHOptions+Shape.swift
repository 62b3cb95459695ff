import MultipleSpawner

extension SSHOptions {
    /// The declaration. The names are those of sshspawner and cloudsshspawner where they have them.
    static let shape = ObjectShape(machines + login + server + hub + originals)

    private static let machines = [
        Field(
            "hosts", .list(.either([.string, .object(host)])), aliases: ["remote_hosts", "remote_host"],
            "The machines: `gpu-2`, `gpu-2:2222`, `alice@gpu-2`."),
        Field(
            "host_choice", .choice(HostChoice.allCases.map(\.rawValue)),
            "How one of them is chosen (random). The next one is tried where one cannot serve."),
        Field(
            "connect", .choice(["tunnel", "direct"]),
            "How the hub reaches the servers: through SSH, or at a port of the machine (tunnel)."),
        Field("remote_ip", .string, "Where the hub reaches the machine with `direct`, if not by its name."),
        Field(
            "ssh_port", .integer(1...65535), aliases: ["remote_port"], "The port of SSH, where a host has none (22)."),
        Field("jump", .list(.string), "Machines on the way, the nearest first: `user@gateway:22`."),
    ]

    private static let host = ObjectShape([
        Field("host", .string, aliases: ["name"], required: true, "The machine, as in `hosts`."),
        Field("port", .integer(1...65535), "The port of SSH."),
        Field("user", .string, "The account there."),
        Field("cmd", .list(.string), aliases: ["command"], "The server's program on this machine."),
        Field("conda_env", .string, "The conda environment on this machine."),
        Field("pre_start", .list(.string), "Lines for the shell before the server, on this machine."),
        Field("path", .string, "The PATH on this machine."),
    ])

    private static let login = [
        Field("user", .string, aliases: ["remote_user"], "The account there; the hub's user name, if not given."),
        Field(
            "ssh_keyfile", .path, aliases: ["private_key_path"],
            "The private key: `~/.ssh/{username}_ed25519`; the daemon's own, if not given."),
        Field(
            "ssh_certificate", .path, aliases: ["certificate_path"],
            "Its certificate; `<key>-cert.pub`, where that is there."),
        Field("ssh_agent", .path, "The socket of an agent, instead of a key."),
        Field(
            "known_hosts", .list(.path),
            "Files with the keys of machines; the first is ours (the state directory's, the account's, the system's)."),
        Field(
            "host_keys", .choice(["strict", "accept-new"]),
            "Whether an unknown machine is believed the first time (strict: no)."),
        Field(
            "user_format_attributes", .list(.string),
            "Attributes of the hub's user whose values are placeholders here and in the authenticator: `password`."),
    ]

    private static let server = [
        Field("cmd", .list(.string), aliases: ["command"], "The server's program with its arguments."),
        Field("args", .list(.string), "Further arguments, after the command."),
        Field("environment", .map(.string), "Variables of the server, over those of the hub."),
        Field("notebook_dir", .path, "Where the server's files are; it starts there."),
        Field("path", .string, "The server's PATH; the login's, if not given."),
        Field("conda_env", .string, "A conda environment, by name or path, that is activated before the server."),
        Field("pre_start", .list(.string), "Lines for the shell, run before the server in its environment."),
        Field("ip", .string, "The address that the server binds (127.0.0.1; with `direct` 0.0.0.0)."),
        Field("port", .integer(0...65535), "The server's port; 0 or nothing: a free one."),
        Field(
            "remote_port_command", .string,
            "A command there that prints `port`, `ip port` or `port ip`; a free port is found without one."),
        Field("session_directory", .path, "Where sessions have their directories there (~/.multiplespawner)."),
        Field(
            "resource_path", .path,
            "As sshspawner has it; certificates are in the session's own directory, whatever it says."),
        Field("mem_limit", .memory, "The most memory that the session may use."),
        Field("cpu_limit", .number(0...4096), "The most cores that the session may use."),
        Field(
            "limits", .choice(LimitsHold.allCases.map(\.rawValue)),
            "What holds it to them: `auto`, `systemd`, `ulimit`, or `none` (auto)."),
        Field("stop_grace", .number(0...3600), "The most seconds between TERM and KILL, within the hub's own grace."),
    ]

    private static let hub = [
        Field("hub_api_url", .string, "The hub's API as servers reach it; empty: as the hub says."),
        Field("hub_activity_url", .string, "The same for activity; derived from `hub_api_url`, if not given."),
        Field("hub_public_host", .string, "The hub's host as servers reach it, in its API's URLs."),
        Field(
            "ssh_forward_tunnel_client", .boolean,
            "Whether servers reach the hub's API through SSH (true with `tunnel`, where no URL is given)."),
        Field(
            "hub_api_port", .either([.integer(1...65535), .string]),
            "The port there that leads to the hub's API; a free one, if not given."),
        Field(
            "hub_api_interface", .string, "The hub's address on our side of that tunnel; as its URL says, if not given."
        ),
    ]

    private static let originals = [
        Field("ssh_command", .path, "OpenSSH's `ssh`, where that is used (/usr/bin/ssh)."),
        Field("ssh_forward_tunnel_client_path", .path, "As cloudsshspawner has it; nothing is written there."),
        Field(
            "ssh_forward_credentials_paths",
            .object(
                ObjectShape([
                    Field("private_key_file", .path, "As `ssh_keyfile`."),
                    Field("public_key_file", .path, "Not needed."),
                ])), "As cloudsshspawner has it: the key of the tunnel, which is the key of the session here."),
    ]
}
