import BackendContract
import Glibc
import MultipleSpawner
import Testing

@testable import Backends

@Suite struct `The contract of backends` {
    @Test(arguments: Promise.allCases)
    func `is kept by the mock backend`(_ promise: Promise) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let contract = BackendContract(
            MockBackend(), restarted: { MockBackend() },
            makePlan: { scenario, id in try MockScenario.plan(scenario, id, world: directory.path) })
        let finding = await contract.check(promise)
        #expect(finding.level == .ok, "\(finding.message)")
    }

    @Test(arguments: Promise.allCases)
    func `is kept by the local backend`(_ promise: Promise) async throws {
        let test = try LocalTest()
        defer { test.remove() }
        let finding = await test.contract.check(promise)
        #expect(finding.level == (promise == .unknownIsNotDead ? .warning : .ok), "\(finding.message)")
    }

    @Test(arguments: Promise.allCases)
    func `is seen to be broken`(_ promise: Promise) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let world = MockWorld()
        let broken: any Backend = promise == .options ? OpenBackend() : BrokenBackend(MockBackend(world), promise)
        var contract = BackendContract(
            broken, restarted: { BrokenBackend(MockBackend(), promise) },
            makePlan: { scenario, id in try MockScenario.plan(scenario, id, world: directory.path) })
        contract.patience = .milliseconds(500)
        let finding = await contract.check(promise)
        #expect(finding.level == .failed, "\(promise.rawValue) was found to be kept: \(finding.message)")
        // For what it did, not because the check itself fell over.
        #expect(!finding.message.hasPrefix("the check ended with an error"), "\(finding.message)")
    }

    @Test func `says what it could not check`() async throws {
        let contract = BackendContract(MockBackend()) { _, _ in nil }
        #expect(await contract.check(.stop).level == .warning)
        #expect(await contract.check().count == Promise.allCases.count)
    }
}
