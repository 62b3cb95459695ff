import MultipleSpawner
import PluginContract
import Synchronization
import Testing

@testable import Providers

/// Whether the checks of the contract find what is broken.
@Suite struct `The contract of providers` {
    private func contract(_ broken: ProviderPromise?) -> ProviderContract {
        let cloud = MemoryCloud()
        return ProviderContract(
            MemoryProvider(cloud, broken), restarted: { MemoryProvider(cloud, broken, isRestarted: true) },
            makeRequest: { token, session in try .test(token: token, session: session.rawValue) })
    }

    @Test(arguments: ProviderPromise.allCases)
    func `is kept by a provider in memory`(_ promise: ProviderPromise) async throws {
        let finding = await contract(nil).check(promise)
        #expect(finding.level == .ok, "\(finding.message)")
    }

    @Test(arguments: ProviderPromise.allCases)
    func `is seen to be broken`(_ promise: ProviderPromise) async throws {
        let finding = await contract(promise).check(promise)
        #expect(finding.level == .failed, "\(promise.rawValue) was found to be kept: \(finding.message)")
        // For what it did, not because the check itself fell over.
        #expect(!finding.message.hasPrefix("the check ended with an error"), "\(finding.message)")
    }

    @Test func `says what it could not check`() async throws {
        let contract = ProviderContract(MemoryProvider(MemoryCloud(room: 1), nil)) { token, session in
            try .test(token: token, session: session.rawValue)
        }
        #expect(await contract.check(.separation).level == .warning)
        #expect(await contract.check().count == ProviderPromise.allCases.count)
    }
}

/// The machines that there are.
private final class MemoryCloud: Sendable {
    struct Unit {
        let name: String
        let session: SessionID
        let user: String
    }

    let room: Int
    let units = Mutex<[MachineToken: [Unit]]>([:])

    init(room: Int = 100) {
        self.room = room
    }
}

/// A provider that breaks one promise, so that the check of that promise can be seen to fail; or none.
private struct MemoryProvider: Provider {
    static let kind: ProviderKind = "memory"
    static let options = ObjectShape([])

    let cloud: MemoryCloud
    let broken: ProviderPromise?
    let isRestarted: Bool

    struct Content: Codable {
        var token: MachineToken
        var name: String?
    }

    init(_ cloud: MemoryCloud, _ broken: ProviderPromise?, isRestarted: Bool = false) {
        self.cloud = cloud
        self.broken = broken
        self.isRestarted = isRestarted
    }

    private func lease(_ token: MachineToken, _ name: String? = nil) throws -> Lease {
        try Lease(Content(token: token, name: name), by: broken == .lease ? "another" : Self.kind)
    }

    func acquire(_ wanted: MachineRequest, checkpoint: LeaseCheckpoint) async throws -> Machine {
        let token = wanted.token
        if broken == .refusedCheckpoint {
            try? await checkpoint(lease(token))
        } else if broken == .cancellation {
            make(wanted, "lost")
            try Task.checkCancellation()
            try await checkpoint(lease(token))
        } else {
            try await checkpoint(lease(token))
        }
        try Task.checkCancellation()
        let known = cloud.units.withLock { $0[token]?.last?.name }
        if let known, broken != .sameToken, broken != .off {
            return Machine(address: MachineAddress(host: "h"), name: known)
        }
        guard cloud.units.withLock({ $0.count }) < cloud.room else { throw SpawnError(.overCapacity, "it is full") }
        let name = "unit-\(UInt32.random(in: 0 ... .max))"
        make(wanted, name)
        try await checkpoint(lease(token, name))
        return Machine(address: MachineAddress(host: "h"), name: name)
    }

    private func make(_ wanted: MachineRequest, _ name: String) {
        let unit = MemoryCloud.Unit(name: name, session: wanted.session, user: wanted.identity.user)
        cloud.units.withLock { $0[wanted.token, default: []].append(unit) }
    }

    func release(_ lease: Lease, _ manner: MachineEnd) async throws {
        if broken == .unreadable, lease.payload.hasPrefix("{ ") { return }
        let content: Content = try lease.decode()
        guard manner == .destroy else {
            if broken == .off, manner == .stop { cloud.units.withLock { $0[content.token] = nil } }
            return
        }
        if broken == .anyLease, content.name == nil { return }
        if broken == .restart, isRestarted { return }
        if broken == .separation { cloud.units.withLock { $0 = [:] } }
        let gone = cloud.units.withLock { $0.removeValue(forKey: content.token) }
        if gone == nil, broken == .release || broken == .neverMade {
            throw SpawnError(.notFound, "there is no such unit")
        }
    }

    func availability() async -> Availability {
        Availability(sessions: broken == .availability ? -1 : 5)
    }

    func census() async throws -> [OwnedMachine] {
        try cloud.units.withLock { $0 }.flatMap { token, units in
            try units.map { unit in
                OwnedMachine(
                    token: token, session: broken == .census ? try SessionID("other") : unit.session, user: unit.user,
                    lease: try lease(token, unit.name), description: unit.name)
            }
        }
    }
}
