import MultipleSpawner
import Testing

@testable import Providers

/// A large pool, without anybody who has to answer.
@Suite struct HostPoolTests {
    @Test(arguments: ["spread", "pack"])
    func `each of two thousand slots of two hundred hosts is given once, and comes back`(choice: String) throws {
        var pool = HostPool(
            try StaticOptions(
                StaticOptions.shape.bind(["hosts": ["n[1-200]"], "slots": 10, "choice": .string(choice)])))
        let now = ContinuousClock().now
        var leases: [StaticLease] = []
        for _ in 0..<2000 {
            leases.append(try pool.take(MachineToken(), ResourceSpecification(), labels: [:], named: nil, at: now))
        }
        var given: [MachineAddress: Int] = [:]
        for lease in leases { given[lease.address, default: 0] += 1 }
        #expect(given.count == 200 && given.values.allSatisfy { $0 == 10 })
        // The emptiest host is taken in turn; the fullest is filled first.
        let beginning = Set(leases.prefix(200).map(\.address))
        #expect(beginning.count == (choice == "spread" ? 200 : 20))
        #expect(pool.availability(at: now).sessions == 0)
        let error = #expect(throws: SpawnError.self) {
            try pool.take(MachineToken(), ResourceSpecification(), labels: [:], named: nil, at: now)
        }
        #expect(error?.code == .overCapacity)
        for lease in leases { pool.give(lease.token) }
        #expect(pool.availability(at: now).sessions == 2000)
    }

    @Test func `a provider without hosts does not say that none is free`() throws {
        let pool = HostPool(try StaticOptions(StaticOptions.shape.bind([:])))
        #expect(pool.availability(at: ContinuousClock().now) == .unknown)
    }
}
