extension OCIClient: CloudMachines {
    static let console = "Oracle's console"

    func terminate(_ instances: [OCIInstance], until deadline: ContinuousClock.Instant) async throws {
        for instance in instances { try await terminate(instance.id, until: deadline) }
    }

    func switchOff(_ instances: [OCIInstance], until deadline: ContinuousClock.Instant) async throws {
        for instance in instances { try await action("SOFTSTOP", instance.id, until: deadline) }
    }
}

extension OCIInstance: CloudInstance {
    var isGone: Bool { state == .terminated }
    var isRunning: Bool { state == .running }

    var isOff: Bool {
        switch state {
        case .stopping, .stopped, .terminating, .terminated: true
        case .moving, .provisioning, .starting, .running, .creatingImage, nil: false
        }
    }
}
