extension EC2Client: CloudMachines {
    static let console = "EC2's console"

    func terminate(_ instances: [EC2Instance], until deadline: ContinuousClock.Instant) async throws {
        try await change("TerminateInstances", instances.map(\.id), until: deadline)
    }

    func switchOff(_ instances: [EC2Instance], until deadline: ContinuousClock.Instant) async throws {
        try await change("StopInstances", instances.map(\.id), until: deadline)
    }
}

extension EC2Instance: CloudInstance {
    var isGone: Bool { state == .terminated }
    var isRunning: Bool { state == .running }

    var isOff: Bool {
        switch state {
        case .stopping, .stopped, .shuttingDown, .terminated: true
        case .pending, .running, nil: false
        }
    }
}
