import MultipleSpawner

extension OptionReader {
    /// Docker's ContainerSpec of a `container_spec`, but for variables, mounts, configs and secrets.
    ///
    /// - Parameter defaultArguments: the CMD where the container has none of its own.
    func container(image: String, defaultArguments: [String]?) throws(SpawnError) -> ContainerSpecification {
        var container = ContainerSpecification(image: image)
        container.command = try words("command")
        let arguments = try words("args")
        container.arguments = arguments ?? defaultArguments
        container.hostname = text("hostname")
        container.directory = text("workdir")
        let account = try userAndGroup()?.text
        container.user = text("user") ?? account
        container.groups = list("groups")
        container.labels = texts("labels")
        try ServiceLabels.check(container.labels ?? [:], in: "'container_spec'")
        container.privileges = reader("privileges").flatMap { $0.privileges() }
        container.hasTerminal = flag("tty")
        container.opensInput = flag("open_stdin")
        container.isReadOnly = flag("read_only")
        container.stopSignal = text("stop_signal")
        container.stopGracePeriod = number("stop_grace_period")
        container.healthcheck = try reader("healthcheck")?.healthcheck()
        container.hosts = hosts()
        container.dns = reader("dns_config").map { dns in
            DNSConfiguration(
                nameservers: dns.list("nameservers"), search: dns.list("search"), options: dns.list("options"))
        }
        container.isolation = text("isolation")
        container.hasInit = flag("init")
        container.sysctls = texts("sysctls")
        container.addedCapabilities = list("cap_add")
        container.droppedCapabilities = list("cap_drop")
        container.ulimits = try ulimits()
        return container
    }

    func userAndGroup() throws(SpawnError) -> UserAndGroup? {
        guard let text = text("uid_gid"), !isUnknown(text) else { return nil }
        return try UserAndGroup(text)
    }

    /// Who owns files that are brought into the container: `uid_gid`, else `user`, where it is a number.
    func fileOwner() throws(SpawnError) -> UserAndGroup? {
        if let owner = try userAndGroup() { return owner }
        return text("user").flatMap { try? UserAndGroup($0) }
    }

    /// docker-py's object of names and addresses, or Docker's list of `ADDRESS NAME`.
    private func hosts() -> [String]? {
        if let lines = list("hosts") { return lines }
        return texts("hosts").map { hosts in hosts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" } }
    }

    private func healthcheck() throws(SpawnError) -> Healthcheck {
        let test: [String]? =
            switch object["test"] {
            case .string(let command): command.isEmpty ? nil : ["CMD-SHELL", command]
            case .array(let words): words.isEmpty ? nil : words.compactMap(\.stringValue)
            default: nil
            }
        if let first = test?.first, !["NONE", "CMD", "CMD-SHELL"].contains(first) {
            throw SpawnError(
                .invalidRequest,
                "the health check's 'test' begins with '\(first.excerpt)'; begin with 'CMD', 'CMD-SHELL' or 'NONE', or "
                    + "give a shell command as text")
        }
        return Healthcheck(
            test: test, interval: number("interval"), timeout: number("timeout"), retries: number("retries"),
            startPeriod: number("start_period"))
    }

    private func privileges() -> Privileges? {
        let credentials = Privileges.Credentials(
            file: text("credentialspec_file"), registry: text("credentialspec_registry"))
        let selinux = Privileges.SELinux(
            isDisabled: flag("selinux_disable"), user: text("selinux_user"), role: text("selinux_role"),
            type: text("selinux_type"), level: text("selinux_level"))
        let privileges = Privileges(
            credentials: credentials == Privileges.Credentials() ? nil : credentials,
            selinux: selinux == Privileges.SELinux() ? nil : selinux)
        return privileges == Privileges() ? nil : privileges
    }

    private func ulimits() throws(SpawnError) -> [Ulimit]? {
        var ulimits: [Ulimit] = []
        switch object["ulimits"] {
        case .array(let entries):
            for entry in entries {
                ulimits.append(try Self.ulimit(entry["name"]?.stringValue ?? "", entry))
            }
        case .object(let members):
            for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                ulimits.append(try Self.ulimit(name, value))
            }
        default:
            return nil
        }
        return ulimits.isEmpty ? nil : ulimits
    }

    /// One number is both limits; a limit that is missing is the other.
    private static func ulimit(_ name: String, _ value: JSONValue) throws(SpawnError) -> Ulimit {
        let soft = value.integerValue ?? value["soft"]?.integerValue ?? value["hard"]?.integerValue
        let hard = value.integerValue ?? value["hard"]?.integerValue ?? value["soft"]?.integerValue
        guard let soft, let hard, !name.isEmpty else {
            throw SpawnError(.invalidRequest, "the ulimit '\(name.excerpt)' has no value; give 'soft' and 'hard'")
        }
        guard hard == -1 || (soft != -1 && soft <= hard) else {
            throw SpawnError(
                .invalidRequest, "the ulimit '\(name.excerpt)' has a soft limit above its hard one; lower it")
        }
        return Ulimit(name: name, soft: soft, hard: hard)
    }
}
