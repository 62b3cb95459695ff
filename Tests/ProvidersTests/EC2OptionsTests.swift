import MultipleSpawner
import Testing
import Transport

@testable import Providers

struct EC2OptionsTests {
    private func provider(_ options: JSONValue) throws -> EC2Provider {
        let site = CloudSite(installation: "x", stateDirectory: "/nowhere", environment: [:], http: HTTPClient())
        return try EC2Provider(name: "cloud", options: options, site: site)
    }

    @Test(
        arguments: [
            ["regoin": "eu-north-1"], ["region": "eu north"], ["region": "../x"],
            ["endpoint": "http://ec2.example.com"],
            ["tags": ["aws:x": "y"]], ["tags": ["multiplespawner.token": "y"]], ["tags": ["": "y"]], ["disk": 0],
            ["address": "both"],
        ] as [JSONValue])
    func `options that cannot be are refused when they are read`(_ options: JSONValue) throws {
        #expect(throws: SpawnError.self) { try provider(options) }
    }

    @Test func `a template's options go over those of the file, and take their place where they say the same`() throws {
        let provider = try provider([
            "region": "eu-north-1", "image": "ami-1", "instance_types": ["t3.*"], "tags": ["a": "1", "b": "2"],
            "security_group_ids": "sg-1",
        ])
        let options = try provider.settings.machine(with: [
            "image_name": "base-*", "instance_type": "m7.large", "tags": ["b": "3"],
        ])
        #expect(options.image == .name("base-*"))
        #expect(options.type == "m7.large")
        #expect(options.types.isEmpty)
        #expect(options.securityGroups == ["sg-1"])
        #expect(options.tags.map(\.key) == ["a", "b"])
        #expect(options.tags.map(\.value) == ["1", "3"])
        #expect(try provider.settings.machine(with: [:]).image == .id("ami-1"))
    }

    @Test(arguments: CloudInitTests.hostile + ["a&Action=TerminateInstances", "x\r\nX-Evil: 1", "../../x?y=z"])
    func `hostile values arrive as one value each`(_ text: String) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let cloud = try EC2Cloud()
        defer { cloud.stop() }
        let provider = try cloud.provider(state: directory.path, http: HTTPClient())
        let user = text.filter { !$0.unicodeScalars.contains(where: \.isControl) && $0 != "/" } + "u"
        let options: JSONValue = [
            "subnet": .string("s" + text), "security_groups": [.string("g" + text)], "key_name": .string("k" + text),
            "tags": .object(["t" + text: .string(text)]), "instance_type": .string("y" + text),
            "cloud_init": .object(["c" + text: .string(text)]),
        ]
        let machine = try await provider.acquire(try .test(options, user: user), checkpoint: Leases().checkpoint)
        #expect(cloud.wrongSignatures == 0)
        let run = try #require(cloud.calls("RunInstances").first)
        #expect(run["Action"] == "RunInstances")
        #expect(run["SubnetId"] == "s" + text)
        #expect(run["SecurityGroupId.1"] == "g" + text)
        #expect(run["KeyName"] == "k" + text)
        #expect(cloud.instances.first?.tags["t" + text] == text)
        #expect(try await provider.census().first?.user == user)
        #expect(machine.name == machine.name.excerpt)
    }

    @Test func `more than EC2 takes at the first boot is refused before anything is made`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let cloud = try EC2Cloud()
        defer { cloud.stop() }
        let provider = try cloud.provider(state: directory.path, http: HTTPClient())
        let leases = Leases()
        let error = await refusal {
            let long = JSONValue.string(String(repeating: "x", count: 17_000))
            _ = try await provider.acquire(try .test(["cloud_init": ["x": long]]), checkpoint: leases.checkpoint)
        }
        #expect(error?.code == .invalidRequest)
        #expect(leases.all.isEmpty)
        #expect(cloud.calls("RunInstances").isEmpty)
    }
}
