import MultipleSpawner
import Testing
import Transport

@testable import Providers

/// The provider against Moto, whose answers have the shape of Amazon's own.
@Suite(.timeLimit(.minutes(5))) struct EC2MotoTests {
    private let http = HTTPClient()

    private func with(
        region: String, _ options: [String: JSONValue] = [:], _ work: (EC2Provider) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let moto = try await MotoServer.shared()
        let keys = ["AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"]
        var site = CloudSite(
            installation: "moto-\(region)", stateDirectory: directory.path, environment: keys, http: http)
        site.pace.first = .milliseconds(50)
        let usual: [String: JSONValue] = [
            "region": .string(region), "endpoint": .string(moto.url), "image_name": "amzn2-ami-hvm-2.0.*-x86_64-gp2",
        ]
        try await work(
            try EC2Provider(name: "moto", options: .object(usual.merging(options) { $1 }), site: site))
    }

    @Test func `a machine lives as it should, from the request to its end`() async throws {
        try await with(region: "eu-west-1") { provider in
            let wanted = try MachineRequest.test(
                ["tags": ["site": "north <&>\" 'x'"], "disk": 20, "public_address": true],
                installation: "moto-eu-west-1", resources: ResourceSpecification(memory: 4 << 30, cpu: 2))
            let leases = Leases()
            let machine = try await provider.acquire(wanted, checkpoint: leases.checkpoint)
            #expect(!machine.address.host.isEmpty)
            #expect(try await provider.acquire(wanted, checkpoint: leases.checkpoint) == machine)
            let census = try await provider.census()
            #expect(census.map(\.token) == [wanted.token])
            #expect(census.map(\.user) == ["alice"])
            let lease = try #require(leases.all.last)
            try await provider.release(lease, .stop)
            let again = try await provider.acquire(wanted, checkpoint: leases.checkpoint)
            #expect(again.name == machine.name)
            try await provider.release(lease, .destroy)
            try await provider.release(lease, .destroy)
            #expect(try await provider.census().isEmpty)
        }
    }

    @Test func `a type is chosen from all that Amazon has`() async throws {
        try await with(region: "us-east-1") { provider in
            let resources = ResourceSpecification(memory: 16 << 30, cpu: 4, gpu: 1)
            let machine = try await provider.acquire(
                try .test(installation: "moto-us-east-1", resources: resources), checkpoint: Leases().checkpoint)
            let type = try #require(machine.details["machine_type"])
            let size = try #require(provider.types.known.first { $0.name == type })
            #expect(size.gpu == 1 && size.memory >= 16 << 30 && size.cpu >= 4)
            #expect(provider.types.known.count > 300)
            #expect(await provider.availability().gpu ?? 0 >= 8)
            #expect(
                MachineSize.smallest(
                    of: provider.types.known, holding: ResourceSpecification(memory: 1 << 29, cpu: 1))?.gpu == 0)
        }
    }

    @Test func `many machines are listed in pages`() async throws {
        try await with(region: "us-west-2", ["instance_type": "t3.micro"]) { provider in
            var leases: [Lease] = []
            for number in 0..<EC2Client.pageSize + 3 {
                let journal = Leases()
                let wanted = try MachineRequest.test(
                    session: "s\(number)", user: "user\(number)", installation: "moto-us-west-2")
                _ = try await provider.acquire(wanted, checkpoint: journal.checkpoint)
                leases.append(try #require(journal.all.last))
            }
            #expect(try await provider.census().count == EC2Client.pageSize + 3)
        }
    }

    @Test func `what is not there is told by name`() async throws {
        try await with(region: "eu-central-1", ["instance_type": "t3.micro"]) { provider in
            let image = await refusal {
                _ = try await provider.acquire(
                    try .test(["image": "ami-0123456789abcdef0"]), checkpoint: Leases().checkpoint)
            }
            #expect(image?.code == .invalidRequest)
            #expect(image?.message.contains("ami-0123456789abcdef0") == true)
            let leases = Leases()
            let subnet = await refusal {
                _ = try await provider.acquire(try .test(["subnet": "subnet-0"]), checkpoint: leases.checkpoint)
            }
            #expect(subnet?.code == .backendFailed)
            #expect(subnet?.message.contains("InvalidSubnetID.NotFound") == true)
            try await provider.release(try #require(leases.all.last), .destroy)
        }
    }

    @Test func `the examination knows what Moto says to a trial`() async throws {
        try await with(region: "eu-south-1", ["instance_type": "t3.micro"]) { provider in
            let findings = await provider.examine()
            #expect(findings.map(\.level) == [.ok, .ok], "\(findings)")
        }
    }
}
