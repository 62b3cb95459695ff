import MultipleSpawner

extension SwarmOptions {
    /// What the container of this session may use: of every two limits the tighter one.
    ///
    /// A limit comes from the options or from what was chosen for the session; a reservation from the options or from
    /// the hub's guarantee, and never beyond the limit.
    ///
    /// - Throws: `invalid_request` when GPUs were chosen that the template has no way to give, and for a limit that is
    ///   below Docker's own.
    func resources(for plan: SessionPlan) throws(SpawnError) -> ResourceRequirements? {
        let options = resourceOptions
        let chosenCPU = plan.limits.cpu ?? plan.settings.cpuLimit
        let memory = Self.tighter(options.memoryLimit, plan.limits.memory ?? plan.settings.memoryLimit)
        let cpu = Self.tighter(options.cpuLimit, chosenCPU.flatMap { Self.nanoCPUs($0) })
        if let memory, memory < Self.leastMemory {
            throw SpawnError(
                .invalidRequest,
                "the memory limit is \(MemorySize.text(memory)); Docker takes \(MemorySize.text(Self.leastMemory)) at least"
            )
        }
        let limits = ResourceRequirements.Limits(nanoCPUs: cpu, memory: memory, processes: options.mostProcesses)
        let reservedMemory = options.memoryReservation ?? plan.settings.memoryGuarantee
        let reservedCPU = options.cpuReservation ?? plan.settings.cpuGuarantee.flatMap { Self.nanoCPUs($0) }
        let generic = try generic(for: plan)
        let reservations = ResourceRequirements.Reservations(
            nanoCPUs: reservedCPU.map { min($0, cpu ?? $0) }, memory: reservedMemory.map { min($0, memory ?? $0) },
            generic: generic.isEmpty ? nil : generic)
        let resources = ResourceRequirements(
            limits: limits == ResourceRequirements.Limits() ? nil : limits,
            reservations: reservations == ResourceRequirements.Reservations() ? nil : reservations)
        return resources == ResourceRequirements() ? nil : resources
    }

    private func generic(for plan: SessionPlan) throws(SpawnError) -> [GenericResource] {
        let options = resourceOptions
        guard plan.resources.gpu > 0 else { return options.generic }
        if let kind = options.gpuResource {
            return options.generic.filter { $0.kind != kind } + [.discrete(kind: kind, count: plan.resources.gpu)]
        }
        guard !accelerators.uses.isEmpty || !options.generic.isEmpty else {
            throw SpawnError(
                .invalidRequest,
                "the template '\(plan.template.excerpt)' has no GPUs to give, and \(plan.resources.gpu) were chosen; "
                    + "choose 0, or ask the admin to set 'gpu_resource' or 'accelerators'")
        }
        return options.generic
    }

    /// Bytes.
    private static let leastMemory = 4 << 20

    private static func tighter(_ first: Int?, _ second: Int?) -> Int? {
        guard let first, let second, second > 0 else { return first ?? second.flatMap { $0 > 0 ? $0 : nil } }
        return min(first, second)
    }

    private static func nanoCPUs(_ cores: Double) -> Int? {
        guard cores.isFinite, cores > 0, cores < 1e6 else { return nil }
        return Int((cores * 1e9).rounded())
    }
}
