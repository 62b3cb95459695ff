import Dispatch
import Foundation
import MultipleSpawner
import Testing
import Transport

@testable import Providers

/// What libvirt's provider refuses, and what it says.
@Suite(.timeLimit(.minutes(5))) struct LibvirtRefusalTests {
    private func refused(
        _ options: [String: JSONValue] = [:], _ wanted: MachineRequest
    ) async throws -> SpawnError? {
        let provider = try Libvirt.provider(options)
        let leases = Leases()
        let error = await refusal { _ = try await provider.acquire(wanted, checkpoint: leases.checkpoint) }
        for lease in leases.all { try await provider.release(lease, .destroy) }
        #expect(try Libvirt.state(wanted.token) == nil)
        #expect(try !Libvirt.hasDisk(wanted.token))
        return error
    }

    @Test func `GPUs, and more memory than the host has, are refused with what there is`() async throws {
        var wanted = try MachineRequest.small()
        wanted.resources.gpu = 1
        let gpu = try await refused(wanted)
        #expect(gpu?.code == .invalidRequest)
        #expect(gpu?.message.contains("1 GPUs are asked for") == true)
        wanted.resources = ResourceSpecification(memory: 64 << 30, cpu: 1)
        let memory = try await refused(wanted)
        #expect(memory?.code == .invalidRequest)
        #expect(memory?.message.contains("64 GB are asked for, and test:///default has 3 GB") == true)
    }

    private func refused(_ wanted: MachineRequest) async throws -> SpawnError? { try await refused([:], wanted) }

    @Test func `a pool, and an image, that are not there are told by name`() async throws {
        let pool = try await refused(["pool": "attic"], try .small())
        #expect(pool?.code == .invalidRequest)
        #expect(pool?.message.contains("no storage pool 'attic'") == true)
        let image = try await refused(["image": "debian-13"], try .small())
        #expect(image?.code == .invalidRequest)
        #expect(image?.message.contains("no image 'debian-13'") == true)
        #expect(try await refused(["image": nil], try .small())?.message.contains("no image is named") == true)
        #expect(try await refused(["image": .string(MachineToken().diskVolume)], try .small())?.code == .forbidden)
    }

    @Test func `a libvirt that is not there is unavailable, and the examination says so`() async throws {
        let uri = JSONValue.string("qemu+unix:///system?socket=/nowhere/libvirt-sock")
        let provider = try Libvirt.provider(["open_uri": uri])
        let leases = Leases()
        let error = await refusal { _ = try await provider.acquire(try .small(), checkpoint: leases.checkpoint) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("/nowhere/libvirt-sock") == true)
        #expect(leases.all.isEmpty)
        #expect(await provider.examine().map(\.level) == [.failed])
        #expect(await provider.availability().problem?.contains("libvirt is not reached") == true)
        let census = await refusal { _ = try await provider.census() }
        #expect(census?.code == .unavailable, "what cannot be asked is not gone")
        let lease = LibvirtLease(
            token: MachineToken(), uuid: MachineToken().uuid, name: "x", uri: provider.settings.uri, pool: "default",
            grace: 0)
        let release = await refusal { try await provider.release(try Lease(lease, by: "libvirt_provider"), .destroy) }
        #expect(release?.code == .unavailable)
    }

    @Test func `disks whose pool went away are not forgotten`() async throws {
        let provider = try Libvirt.provider()
        let token = MachineToken()
        let lease = LibvirtLease(
            token: token, uuid: token.uuid, name: "x", uri: Libvirt.uri, pool: "gone", grace: 0)
        let error = await refusal { try await provider.release(try Lease(lease, by: "libvirt_provider"), .destroy) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("the storage pool 'gone'") == true)
    }

    @Test func `the examination tells what is there and what is not`() async throws {
        let findings = await (try Libvirt.provider()).examine()
        #expect(findings.contains { $0.level == .ok && $0.message.contains("answers at test:///default") })
        #expect(findings.contains { $0.level == .warning && $0.message.contains("no kvm") })
        #expect(findings.contains { $0.level == .ok && $0.message.contains("'default-pool'") })
        #expect(findings.contains { $0.level == .ok && $0.message.contains("'default' is up") })
        let wrong = await
            (try Libvirt.provider([
                "pool": "attic", "domain_type": "kvm", "network": "mars", "template_path": "/nowhere.xml",
            ])).examine()
        #expect(wrong.filter { $0.level == .failed }.count == 3, "\(wrong)")
        let free = await (try Libvirt.provider()).availability()
        #expect(free.cpu == 16)
        #expect(free.memory == 3 << 30)
    }

    @Test func `a libvirt that does not answer holds nobody, and is not asked by more and more`() async throws {
        let host = LibvirtHost(Libvirt.uri)
        let silence = DispatchSemaphore(value: 0)
        for _ in 0..<4 {
            let error = await refusal {
                _ = try await host.ask("nothing", within: .milliseconds(20)) { _ in
                    silence.wait()
                    return true
                }
            }
            #expect(error?.code == .timedOut)
        }
        let refused = await refusal { _ = try await host.ask("more") { _ in true } }
        #expect(refused?.code == .unavailable)
        // It answers after all.
        for _ in 0..<4 { silence.signal() }
        var answered = false
        while !answered {
            do {
                answered = try await host.ask("again") { $0.isAlive }
            } catch let error as SpawnError where error.code == .unavailable {
                await Task.yield()
            }
        }
    }
}
