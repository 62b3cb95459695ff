import MultipleSpawner
import ScriptedServer
import Testing
import Transport

@testable import Providers

/// The provider against a cloud of the test's own, which checks all that it is sent.
@Suite(.timeLimit(.minutes(5))) struct OCIProviderTests {
    private let http = HTTPClient()

    /// One cloud and one state directory for one test.
    private func with(
        _ manners: OCICloud.Manners = OCICloud.Manners(), _ options: [String: JSONValue] = [:],
        _ work: (OCICloud, OCIProvider) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let cloud = try OCICloud(manners)
        defer { cloud.stop() }
        try await work(cloud, try cloud.provider(options, state: directory.path, http: http))
        #expect(cloud.complaints.isEmpty)
    }

    @Test func `a machine is made with its network, and returned when it runs and has its address`() async throws {
        try await with(OCICloud.Manners(looksToRun: 3, looksForCard: 2)) { cloud, provider in
            let leases = Leases()
            let wanted = try MachineRequest.test(["tags": ["site": "north"]], server: "gpu")
            let machine = try await provider.acquire(wanted, checkpoint: leases.checkpoint)
            #expect(machine.address == MachineAddress(host: "192.0.2.7"))
            #expect(machine.name == "multiplespawner-alice/gpu (VM.Standard.E4.Flex)")
            #expect(machine.account == "opc")
            #expect(machine.details["machine_private_address"] == "10.0.1.7")
            let made = try #require(cloud.instances.first)
            let tags = try #require(made["freeformTags"])
            #expect(tags["multiplespawner-token"] == .string(wanted.token.rawValue))
            #expect(tags["multiplespawner-installation"] == "test")
            #expect(tags["multiplespawner-session"] == "one")
            #expect(tags["multiplespawner-user"] == "alice")
            #expect(tags["site"] == "north")
            #expect(made["sourceDetails"] == ["sourceType": "image", "imageId": "ocid1.image.oc1..new"])
            #expect(made["shapeConfig"] == ["ocpus": 1, "memoryInGBs": 1])
            #expect(cloud.calls("POST instances").first?.headers["opc-retry-token"] == wanted.token.rawValue)
            let subnet = try #require(cloud.things("subnets").first)
            #expect(made["createVnicDetails"] == ["subnetId": subnet["id"] ?? .null])
            #expect(subnet["routeTableId"] == cloud.things("routeTables").first?["id"])
            let rule = cloud.things("routeTables").first?["routeRules"]?.arrayValue?.first
            #expect(rule?["networkEntityId"] == cloud.things("internetGateways").first?["id"])
            #expect(rule?["destination"] == "0.0.0.0/0")
        }
    }

    @Test func `the machine gets a host key of ours, and the keys that are let in`() async throws {
        try await with { cloud, provider in
            let options: JSONValue = [
                "instance": ["ssh_authorized_keys": ["ssh-rsa AAAA two"]],
                "instance_metadata": ["ssh_authorized_keys": "ssh-rsa BBBB three\n", "site": "x"], "account": "root",
            ]
            let machine = try await provider.acquire(try .test(options), checkpoint: Leases().checkpoint)
            let metadata = try #require(cloud.instances.first?["metadata"])
            #expect(metadata["site"] == "x")
            #expect(
                metadata["ssh_authorized_keys"]
                    == .string([MachineRequest.key, "ssh-rsa AAAA two", "ssh-rsa BBBB three"].joined(separator: "\n")))
            let text = try #require(metadata["user_data"]?.stringValue).base64Decoded
            #expect(text.contains(try #require(machine.hostKeys.first)))
            #expect(text.contains("\"user\":{\"name\":\"root\"}"))
            #expect(machine.account == "root")
        }
    }

    @Test func `the network is made once, however many start at once, and stays when they are gone`() async throws {
        try await with(OCICloud.Manners(looksToRun: 2)) { cloud, provider in
            let leases = Leases()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<12 {
                    group.addTask {
                        let wanted = try MachineRequest.test(session: "s\(number)", user: "user\(number)")
                        _ = try await provider.acquire(wanted, checkpoint: leases.checkpoint)
                    }
                }
                try await group.waitForAll()
            }
            #expect(cloud.living.count == 12)
            let other = try cloud.provider(state: provider.site.stateDirectory, http: http)
            _ = try await other.acquire(try .test(), checkpoint: leases.checkpoint)
            for machine in try await provider.census() { try await provider.release(machine.lease, .destroy) }
            #expect(cloud.living.isEmpty)
            for list in ["vcns", "subnets", "internetGateways", "routeTables"] {
                #expect(cloud.things(list).count == 1)
                #expect(cloud.things(list).first?["lifecycleState"] == "AVAILABLE")
                #expect(cloud.calls("DELETE \(list)").isEmpty)
            }
        }
    }

    @Test func `a network that is there is used, by its name or its id`() async throws {
        try await with { cloud, provider in
            _ = try await provider.acquire(try .test(), checkpoint: Leases().checkpoint)
            let made = cloud.calls("POST subnets").count
            _ = try await provider.acquire(
                try .test(["subnet": ["id": "ocid1.subnet.oc1..own"]]), checkpoint: Leases().checkpoint)
            #expect(cloud.instances.last?["createVnicDetails"]?["subnetId"] == "ocid1.subnet.oc1..own")
            #expect(cloud.calls("POST subnets").count == made)
            let careful = try cloud.provider(
                ["make_network": false, "vcn": ["display_name": "other"]], state: provider.site.stateDirectory,
                http: http)
            let error = await refusal { _ = try await careful.acquire(try .test(), checkpoint: Leases().checkpoint) }
            #expect(error?.code == .invalidRequest)
            #expect(error?.message.contains("there is no network 'other'") == true)
        }
    }

    @Test func `a network whose making was not heard of is made once`() async throws {
        try await with { cloud, provider in
            for list in ["vcns", "subnets", "internetGateways", "routeTables"] {
                cloud.expect("POST \(list)", .lost, .half, .status(429, code: "TooManyRequests"))
            }
            _ = try await provider.acquire(try .test(), checkpoint: Leases().checkpoint)
            for list in ["vcns", "subnets", "internetGateways", "routeTables"] {
                #expect(cloud.things(list).count == 1)
            }
        }
    }

    @Test func `the smallest shape that fits is taken, and as much of it as is needed`() async throws {
        try await with { cloud, provider in
            func wish(_ memory: Double, _ cpu: Double, gpu: Int = 0) -> ResourceSpecification {
                ResourceSpecification(memory: Int(memory * Double(1 << 30)), cpu: cpu, gpu: gpu)
            }
            let wishes: [(ResourceSpecification, JSONValue, String, JSONValue?)] = [
                (wish(0.5, 0.5), [:], "VM.Standard.E4.Flex", ["ocpus": 1, "memoryInGBs": 1]),
                (wish(2.5, 3), [:], "VM.Standard.E4.Flex", ["ocpus": 3, "memoryInGBs": 3]),
                (wish(100, 1), [:], "VM.Standard.E4.Flex", ["ocpus": 2, "memoryInGBs": 100]),
                (wish(4, 1), ["architecture": "arm64"], "VM.Standard.A1.Flex", ["ocpus": 1, "memoryInGBs": 4]),
                (wish(4, 1), ["shapes": ["VM.Standard2.*"]], "VM.Standard2.1", nil),
                (wish(4, 1, gpu: 1), [:], "VM.GPU3.1", nil),
                (wish(4, 1), ["shape": "VM.Standard2.1"], "VM.Standard2.1", nil),
                (
                    wish(4, 1), ["shape": "VM.Optimized3.Flex", "shape_config": ["ocpus": 2, "memory_in_gbs": 8]],
                    "VM.Optimized3.Flex", ["ocpus": 2, "memoryInGBs": 8]
                ),
            ]
            for (resources, instance, shape, configuration) in wishes {
                let wanted = try MachineRequest.test(["instance": instance], resources: resources)
                _ = try await provider.acquire(wanted, checkpoint: Leases().checkpoint)
                #expect(cloud.instances.last?["shape"] == .string(shape))
                #expect(cloud.instances.last?["shapeConfig"] == configuration)
            }
            let error = await refusal {
                _ = try await provider.acquire(
                    try .test(resources: wish(4, 1, gpu: 8)), checkpoint: Leases().checkpoint)
            }
            #expect(error?.code == .invalidRequest)
            let unknown = await refusal {
                let wanted = try MachineRequest.test(["instance": ["shape": "VM.Nothing"]])
                _ = try await provider.acquire(wanted, checkpoint: Leases().checkpoint)
            }
            #expect(unknown?.message.contains("'VM.Standard2.1'") == true)
        }
    }

    @Test func `the same token gives the same machine, which is tagged with its new session`() async throws {
        try await with { cloud, provider in
            var wanted = try MachineRequest.test()
            let first = try await provider.acquire(wanted, checkpoint: Leases().checkpoint)
            wanted.session = try SessionID("two")
            let second = try await provider.acquire(wanted, checkpoint: Leases().checkpoint)
            #expect(second == first)
            #expect(cloud.instances.count == 1)
            #expect(cloud.instances.first?["freeformTags"]?["multiplespawner-session"] == "two")
        }
    }

    @Test(arguments: [0, 3])
    func `a machine that was switched off is switched on again`(_ looks: Int) async throws {
        try await with { cloud, provider in
            let wanted = try MachineRequest.test()
            let leases = Leases()
            _ = try await provider.acquire(wanted, checkpoint: leases.checkpoint)
            cloud.change { $0.manners.looksToRun = looks }
            let lease = try #require(leases.all.last)
            try await provider.release(lease, .stop)
            try await provider.release(lease, .stop)
            #expect(["STOPPING", "STOPPED"].contains(cloud.instances.first?["lifecycleState"]))
            _ = try await provider.acquire(wanted, checkpoint: leases.checkpoint)
            #expect(cloud.instances.map { $0["lifecycleState"] } == ["RUNNING"])
            #expect(cloud.calls("POST instances").filter { $0.target.hasSuffix("action=START") }.count == 1)
        }
    }

    @Test func `a machine is gone when it was given back, twice`() async throws {
        try await with(OCICloud.Manners(looksToRun: 3)) { cloud, provider in
            let leases = Leases()
            _ = try await provider.acquire(try .test(), checkpoint: leases.checkpoint)
            _ = try await provider.acquire(try .test(user: "bob"), checkpoint: Leases().checkpoint)
            let lease = try #require(leases.all.last)
            try await provider.release(lease, .destroy)
            #expect(cloud.instances.map { $0["lifecycleState"] } == ["TERMINATED", "RUNNING"])
            try await provider.release(lease, .destroy)
            #expect(cloud.living.count == 1)
        }
    }

    @Test func `the census finds all that is ours, in pages`() async throws {
        try await with(OCICloud.Manners(pageSize: 2)) { cloud, provider in
            let hostile = "Ümläut <&> \"x\" %41 *"
            for user in ["alice", "bob", hostile, "dora", "eve"] {
                _ = try await provider.acquire(try .test(user: user), checkpoint: Leases().checkpoint)
            }
            _ = try await provider.acquire(try .test(installation: "other"), checkpoint: Leases().checkpoint)
            let census = try await provider.census()
            #expect(Set(census.compactMap(\.user)) == ["alice", "bob", hostile, "dora", "eve"])
            #expect(census.allSatisfy { $0.token != nil && $0.session != nil })
            for machine in census { try await provider.release(machine.lease, .destroy) }
            #expect(cloud.living.count == 1)
        }
    }

    @Test func `the examination names what is wrong, and makes nothing`() async throws {
        try await with { cloud, provider in
            #expect(await provider.examine().map(\.level) == [.ok, .ok])
            let wrong = try cloud.provider(
                ["instance": ["availability_domain": "nowhere"]], state: provider.site.stateDirectory, http: http)
            let findings = await wrong.examine()
            #expect(findings.map(\.level) == [.ok, .failed])
            #expect(findings.last?.message.contains("'Uocm:AD-1'") == true)
            cloud.expect("GET instances", .status(404, code: "NotAuthorizedOrNotFound"))
            #expect(await provider.examine().map(\.level) == [.failed])
            #expect(cloud.instances.isEmpty && cloud.things("vcns").isEmpty)
            #expect(await provider.availability().cpu == 64)
        }
    }
}
