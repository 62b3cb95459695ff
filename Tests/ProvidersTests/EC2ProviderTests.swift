import MultipleSpawner
import Testing
import Transport

@testable import Providers

/// The provider against a cloud of the test's own, which has all the moods of the real one.
@Suite(.timeLimit(.minutes(5))) struct EC2ProviderTests {
    private let http = HTTPClient()

    /// One cloud and one state directory for one test.
    private func with(
        _ manners: EC2Cloud.Manners = EC2Cloud.Manners(), _ options: [String: JSONValue] = [:],
        _ work: (EC2Cloud, EC2Provider) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let cloud = try EC2Cloud(manners)
        defer { cloud.stop() }
        try await work(cloud, try cloud.provider(options, state: directory.path, http: http))
        #expect(cloud.wrongSignatures == 0)
    }

    @Test func `a machine is made, tagged, and returned when it runs and has its address`() async throws {
        try await with(EC2Cloud.Manners(looksToRun: 4)) { cloud, provider in
            let leases = Leases()
            let wanted = try MachineRequest.test(["account": "admin"], server: "gpu")
            let machine = try await provider.acquire(wanted, checkpoint: leases.checkpoint)
            #expect(machine.address == MachineAddress(host: "192.0.2.7"))
            #expect(machine.name == "i-00000000000000001 (t3.small)")
            #expect(machine.account == "admin")
            #expect(machine.details["machine_zone"] == "eu-north-1a")
            #expect(machine.details["machine_private_address"] == "10.0.0.7")
            let tags = try #require(cloud.instances.first?.tags)
            #expect(tags["multiplespawner.token"] == wanted.token.rawValue)
            #expect(tags["multiplespawner.installation"] == "test")
            #expect(tags["multiplespawner.session"] == "one")
            #expect(tags["multiplespawner.user"] == "alice")
            #expect(tags["multiplespawner.server"] == "gpu")
            let run = try #require(cloud.calls("RunInstances").first)
            #expect(run["ClientToken"] == wanted.token.rawValue)
            #expect(run["MetadataOptions.HttpTokens"] == "required")
            #expect(run["BlockDeviceMapping.1.Ebs.DeleteOnTermination"] == "true")
            #expect(run["TagSpecification.2.ResourceType"] == "volume")
            #expect(leases.reports.contains { $0.contains("starts") })
        }
    }

    @Test func `the lease is written down before anything is asked for, and holds no secret`() async throws {
        try await with { cloud, provider in
            let failing = Leases(fails: true)
            let error = await refusal {
                _ = try await provider.acquire(try .test(), checkpoint: failing.checkpoint)
            }
            #expect(error?.message == "no space left on device")
            #expect(cloud.calls("RunInstances").isEmpty)
            let leases = Leases()
            let wanted = try MachineRequest.test()
            _ = try await provider.acquire(wanted, checkpoint: leases.checkpoint)
            let read = try leases.read
            #expect(read.first?.token == wanted.token)
            #expect(read.first?.machine == nil)
            #expect(read.first?.asked != nil)
            #expect(read.last?.machine == cloud.instances.first?.id)
            for lease in leases.all {
                #expect(!lease.payload.contains(EC2Cloud.secret.reveal()))
                #expect(!lease.payload.contains("PRIVATE"))
            }
        }
    }

    @Test func `the machine gets a host key of ours, which is the one that is vouched for`() async throws {
        try await with { cloud, provider in
            let wanted = try MachineRequest.test()
            let machine = try await provider.acquire(wanted, checkpoint: Leases().checkpoint)
            let data = try #require(cloud.instances.first?.parameters["UserData"]).base64Decoded
            #expect(data.hasPrefix("#cloud-config\n"))
            let hostKey = try #require(machine.hostKeys.first)
            #expect(data.contains("\"ed25519_public\":\"\(hostKey) \(wanted.token.rawValue)\""))
            #expect(data.contains(MachineRequest.key))
            #expect(HostKey(line: hostKey)?.type == "ssh-ed25519")
        }
    }

    @Test func `the key of a machine is left alone where that is wanted`() async throws {
        try await with { cloud, provider in
            let machine = try await provider.acquire(
                try .test(["manage_host_key": false]), checkpoint: Leases().checkpoint)
            #expect(machine.hostKeys.isEmpty)
            #expect(cloud.instances.first?.parameters["UserData"]?.base64Decoded.contains("PRIVATE") == false)
        }
    }

    @Test func `the same token gives the same machine, which is tagged with its new session`() async throws {
        try await with { cloud, provider in
            var wanted = try MachineRequest.test()
            let first = try await provider.acquire(wanted, checkpoint: Leases().checkpoint)
            wanted.session = try SessionID("two")
            let leases = Leases()
            let second = try await provider.acquire(wanted, checkpoint: leases.checkpoint)
            #expect(second == first)
            #expect(cloud.instances.count == 1)
            #expect(cloud.instances.first?.tags["multiplespawner.session"] == "two")
            #expect(try leases.read.first?.machine == cloud.instances.first?.id)
        }
    }

    @Test(arguments: [0, 3])
    func `a machine that was switched off is switched on again`(_ looks: Int) async throws {
        try await with { cloud, provider in
            let wanted = try MachineRequest.test()
            let leases = Leases()
            _ = try await provider.acquire(wanted, checkpoint: leases.checkpoint)
            cloud.change { $0.looksToRun = looks }
            let lease = try #require(leases.all.last)
            try await provider.release(lease, .stop)
            #expect(cloud.instances.first.map { ["stopping", "stopped"].contains($0.state) } == true)
            try await provider.release(lease, .stop)
            // It may still be on its way to being off.
            let machine = try await provider.acquire(wanted, checkpoint: leases.checkpoint)
            #expect(machine.address.host == "192.0.2.7")
            #expect(cloud.instances.count == 1)
            #expect(cloud.instances.first?.state == "running")
        }
    }

    @Test func `a machine is gone when it was given back, twice`() async throws {
        try await with(EC2Cloud.Manners(looksToRun: 3)) { cloud, provider in
            let leases = Leases()
            _ = try await provider.acquire(try .test(), checkpoint: leases.checkpoint)
            _ = try await provider.acquire(try .test(user: "bob"), checkpoint: Leases().checkpoint)
            let lease = try #require(leases.all.last)
            try await provider.release(lease, .destroy)
            #expect(cloud.instances.map(\.state) == ["terminated", "running"])
            try await provider.release(lease, .destroy)
            #expect(cloud.instances.map(\.state) == ["terminated", "running"])
        }
    }

    @Test func `keeping a machine asks for nothing`() async throws {
        try await with { cloud, provider in
            let leases = Leases()
            _ = try await provider.acquire(try .test(), checkpoint: leases.checkpoint)
            let calls = cloud.calls("DescribeInstances").count
            try await provider.release(try #require(leases.all.last), .keep)
            #expect(cloud.calls("DescribeInstances").count == calls)
            #expect(cloud.instances.first?.state == "running")
        }
    }

    @Test func `a machine without the address that is wanted is told at once`() async throws {
        try await with(EC2Cloud.Manners(hasPublicAddress: false)) { _, provider in
            let error = await refusal { _ = try await provider.acquire(try .test(), checkpoint: Leases().checkpoint) }
            #expect(error?.code == .backendFailed)
            #expect(error?.message.contains("'address' to private") == true)
            let machine = try await provider.acquire(
                try .test(["address": "private", "port": 2222]), checkpoint: Leases().checkpoint)
            #expect(machine.address == MachineAddress(host: "10.0.0.7", port: 2222))
        }
    }

    @Test func `the smallest type that fits is taken, of those that are allowed`() async throws {
        try await with { cloud, _ in
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let provider = try cloud.provider(["instance_type": .null], state: directory.path, http: http)
            let wishes: [(ResourceSpecification, JSONValue, String)] = [
                (ResourceSpecification(), [:], "t3.micro"),
                (ResourceSpecification(memory: 3 << 30, cpu: 2), [:], "a1.large"),
                (ResourceSpecification(memory: 3 << 30, cpu: 2), ["instance_types": ["t3.*", "a*"]], "t3.medium"),
                (ResourceSpecification(memory: 9 << 30, cpu: 1), [:], "m7.xlarge"),
                (ResourceSpecification(memory: 1 << 30, cpu: 1, gpu: 1), [:], "g5.xlarge"),
                (ResourceSpecification(memory: 500 << 30, cpu: 1), ["instance_type": "x1.huge"], "x1.huge"),
            ]
            for (resources, options, expected) in wishes {
                _ = try await provider.acquire(
                    try .test(options, resources: resources), checkpoint: Leases().checkpoint)
                #expect(cloud.calls("RunInstances").last?["InstanceType"] == expected)
            }
            // They were asked for once, all three pages of them.
            #expect(cloud.calls("DescribeInstanceTypes").count == 3)
            let error = await refusal {
                let wanted = try MachineRequest.test(resources: ResourceSpecification(memory: 1 << 40, cpu: 2))
                _ = try await provider.acquire(wanted, checkpoint: Leases().checkpoint)
            }
            #expect(error?.code == .invalidRequest)
            #expect(error?.message.contains("the largest of them is g5.xlarge") == true)
        }
    }

    @Test func `the census finds all that is ours, in pages, with what releases it`() async throws {
        try await with(EC2Cloud.Manners(pageSize: 2)) { cloud, provider in
            let hostile = "Ümläut <&> \"x\" %41 *"
            for user in ["alice", "bob", hostile, "dora", "eve"] {
                _ = try await provider.acquire(
                    try .test(session: "s\(user.utf8.count)", user: user), checkpoint: Leases().checkpoint)
            }
            _ = try await provider.acquire(try .test(installation: "other"), checkpoint: Leases().checkpoint)
            let census = try await provider.census()
            #expect(census.count == 5)
            #expect(Set(census.compactMap(\.user)) == ["alice", "bob", hostile, "dora", "eve"])
            #expect(census.allSatisfy { $0.token != nil && $0.session != nil })
            for machine in census { try await provider.release(machine.lease, .destroy) }
            #expect(try await provider.census().isEmpty)
            #expect(cloud.living.count == 1)
        }
    }

    @Test func `the examination tells whether a machine could be made, and makes none`() async throws {
        try await with { cloud, provider in
            let findings = await provider.examine()
            #expect(findings.map(\.level) == [.ok, .ok])
            #expect(cloud.instances.isEmpty)
            cloud.expect("RunInstances", .status(403, code: "UnauthorizedOperation"))
            #expect(await provider.examine().last?.level == .failed)
            cloud.expect("DescribeInstances", .status(401, code: "AuthFailure"))
            let refused = await provider.examine()
            #expect(refused.map(\.level) == [.failed])
            #expect(refused.first?.message.contains("credentials") == true)
        }
    }
}
