import MultipleSpawner
import Testing
import Transport

@testable import Providers

/// The provider against libvirt itself, with the driver that has no machines behind it.
@Suite(.timeLimit(.minutes(5))) struct LibvirtProviderTests {
    @Test func `a machine lives as it should, from the request to its end`() async throws {
        let provider = try Libvirt.provider(installation: "life")
        let wanted = try MachineRequest.small(installation: "life")
        let leases = Leases()
        let machine = try await provider.acquire(wanted, checkpoint: leases.checkpoint)
        #expect(machine.address.host.hasPrefix("192.168.122."))
        #expect(machine.name.hasPrefix("multiplespawner-alice-"))
        #expect(machine.details["machine_id"] == wanted.token.uuid)
        #expect(try await provider.acquire(wanted, checkpoint: leases.checkpoint) == machine)
        let census = try await provider.census()
        #expect(census.map(\.token) == [wanted.token])
        #expect(census.map(\.session) == [wanted.session])
        #expect(census.map(\.user) == ["alice"])
        #expect(census.first?.description == "\(machine.name) (running)")
        let lease = try #require(leases.all.last)
        try await provider.release(lease, .keep)
        #expect(try Libvirt.state(wanted.token) == .running)
        try await provider.release(lease, .stop)
        try await provider.release(lease, .stop)
        #expect(try Libvirt.state(wanted.token) == .off)
        #expect(try Libvirt.hasDisk(wanted.token))
        var later = wanted
        later.session = try SessionID("two")
        // This driver gives it another address each time.
        #expect(try await provider.acquire(later, checkpoint: leases.checkpoint).name == machine.name)
        #expect(try Libvirt.state(wanted.token) == .running)
        #expect(try await provider.census().map(\.session) == [later.session])
        for lease in leases.all { try await provider.release(lease, .destroy) }
        #expect(try Libvirt.state(wanted.token) == nil)
        #expect(try !Libvirt.hasDisk(wanted.token))
        #expect(try await provider.census().isEmpty)
    }

    @Test func `nothing is made before the lease is written down`() async throws {
        let provider = try Libvirt.provider()
        let wanted = try MachineRequest.small()
        let error = await refusal {
            _ = try await provider.acquire(wanted, checkpoint: Leases(fails: true).checkpoint)
        }
        #expect(error?.message == "no space left on device")
        #expect(try Libvirt.state(wanted.token) == nil)
        #expect(try !Libvirt.hasDisk(wanted.token))
    }

    @Test func `a daemon that died after its request finds the machine, or gives it back`() async throws {
        for isGivenBack in [false, true] {
            let wanted = try MachineRequest.small(installation: "died")
            // The machines of this driver are there as long as somebody is.
            let first = try Libvirt.provider(installation: "died")
            let leases = Leases(most: 1)
            let error = await refusal { _ = try await first.acquire(wanted, checkpoint: leases.checkpoint) }
            #expect(error?.message == "no space left on device")
            let lease: LibvirtLease = try #require(leases.all.last).decode()
            #expect(lease.asked != nil)
            #expect(try Libvirt.state(wanted.token) == .running)
            let second = try Libvirt.provider(installation: "died")
            if !isGivenBack {
                let later = Leases()
                _ = try await second.acquire(wanted, checkpoint: later.checkpoint)
                #expect(try await second.census().count == 1)
                let last: LibvirtLease = try #require(later.all.last).decode()
                #expect(last.asked == nil)
            }
            try await second.release(try #require(leases.all.last), .destroy)
            #expect(try Libvirt.state(wanted.token) == nil)
            #expect(try !Libvirt.hasDisk(wanted.token))
        }
    }

    @Test func `a disk that was half made is made anew`() async throws {
        let provider = try Libvirt.provider()
        let wanted = try MachineRequest.small()
        let pool = try #require(try LibvirtPool.find("default-pool", at: LibvirtConnection(Libvirt.uri)))
        let half = XMLNode(
            "volume",
            [XMLNode("name", text: wanted.token.diskVolume), XMLNode("capacity", ["unit": "MiB"], text: "1")])
        _ = try pool.make(try half.text())
        let leases = Leases()
        _ = try await provider.acquire(wanted, checkpoint: leases.checkpoint)
        try await provider.release(try #require(leases.all.last), .destroy)
        #expect(try !Libvirt.hasDisk(wanted.token))
    }

    @Test func `many are asked for at once, some of them twice, and each is one machine`() async throws {
        let provider = try Libvirt.provider(installation: "many")
        let wishes = try (0..<8).map { try MachineRequest.small(user: "user\($0)", installation: "many") }
        let leases = Leases()
        let machines = try await withThrowingTaskGroup(of: Machine.self) { group in
            for wish in wishes + wishes + wishes {
                group.addTask { try await provider.acquire(wish, checkpoint: leases.checkpoint) }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1.name) }
        }
        #expect(machines.count == 8)
        #expect(try await provider.census().count == 8)
        for lease in Set(leases.all) { try await provider.release(lease, .destroy) }
        #expect(try await provider.census().isEmpty)
    }

    @Test func `a machine that somebody removed is made anew, and a lease of it is given back`() async throws {
        let provider = try Libvirt.provider()
        let wanted = try MachineRequest.small()
        let leases = Leases()
        _ = try await provider.acquire(wanted, checkpoint: leases.checkpoint)
        let domain = try #require(try LibvirtDomain.find(wanted.token.uuid, at: LibvirtConnection(Libvirt.uri)))
        try domain.cutPower()
        try domain.cutPower()
        try domain.undefine()
        _ = try await provider.acquire(wanted, checkpoint: leases.checkpoint)
        #expect(try Libvirt.state(wanted.token) == .running)
        for lease in leases.all { try await provider.release(lease, .destroy) }
        #expect(try !Libvirt.hasDisk(wanted.token))
    }

    @Test func `an address that is known before is not asked for`() async throws {
        let provider = try Libvirt.provider(["static_address": "10.1.2.3", "port": 2222, "account": "debian"])
        let leases = Leases()
        let machine = try await provider.acquire(try .small(), checkpoint: leases.checkpoint)
        #expect(machine.address == MachineAddress(host: "10.1.2.3", port: 2222))
        #expect(machine.account == "debian")
        #expect(machine.hostKeys.isEmpty)
        try await provider.release(try #require(leases.all.last), .destroy)
    }

    @Test(arguments: ["alice<&>\"'", "ü-name", "a b;c$d", "../../x", "---", "x</name><name>y"])
    func `names of users end no element and are found again`(_ user: String) async throws {
        let installation = "names-\(user.utf8.map(String.init).joined())"
        let provider = try Libvirt.provider(installation: installation)
        let user = user.replacing("/", with: "_")
        let wanted = try MachineRequest.small(user: user, installation: installation)
        let leases = Leases()
        let machine = try await provider.acquire(wanted, checkpoint: leases.checkpoint)
        #expect(machine.name.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789-".utf8.contains($0) })
        #expect(machine.name.utf8.count <= 63)
        #expect(try await provider.census().map(\.user) == [user])
        try await provider.release(try #require(leases.all.last), .destroy)
    }
}
