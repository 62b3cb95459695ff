extension SessionPlan {
    /// The machine that the session's provider is asked for.
    public struct MachineWish: Sendable {
        /// The provider's options for it, with placeholders filled in.
        public var options: JSONValue
        public var policy: MachinePolicy

        public init(options: JSONValue = [:], policy: MachinePolicy = MachinePolicy()) {
            self.options = options
            self.policy = policy
        }

        /// The same for those who would be given the same machine.
        func signature(for resources: ResourceSpecification) -> String {
            "\(resources.memory) \(resources.cpu) \(resources.gpu) \(options.text)"
        }
    }

    /// What a configurer is told to do.
    public struct Configuration: Sendable {
        public var kind: ConfigurerKind
        /// Its options, checked against its declaration, with placeholders filled in but those that only a machine or a
        /// way in gives a value.
        public var options: JSONValue
        /// The same as the file gives them: what an admin wrote, and no user.
        public var written: JSONValue

        public init(kind: ConfigurerKind, options: JSONValue = [:], written: JSONValue = [:]) {
            self.kind = kind
            self.options = options
            self.written = written
        }
    }

    /// The placeholders that a machine gives a value.
    static let machinePlaceholders = ["endpoint", "machine", "machine_host", "machine_port", "machine_account"]

    /// The plan with the machine's values in the options of all steps.
    func located(on machine: Machine) -> SessionPlan {
        let host = machine.address.host
        var values = machine.details
        values["endpoint"] = machine.address.port == 22 ? host : machine.address.place
        values["machine"] = machine.name
        values["machine_host"] = host
        values["machine_port"] = String(machine.address.port)
        values["machine_account"] = machine.account
        let placeholders = DeferredPlaceholders(values)
        var plan = self
        plan.options = placeholders.fill(options)
        if let way = authenticator {
            plan.authenticator = Access(kind: way.kind, options: placeholders.fill(way.options))
        }
        plan.configurers = configurers.map {
            Configuration(kind: $0.kind, options: placeholders.fill($0.options), written: $0.written)
        }
        return plan
    }
}

extension MachineAddress {
    /// `gpu-2:22`, `[fe80::1]:22`, whole.
    var place: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
