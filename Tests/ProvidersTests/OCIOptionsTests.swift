import CryptoExtras
import MultipleSpawner
import Testing
import Transport

@testable import Providers

@Suite(.timeLimit(.minutes(5))) struct OCIOptionsTests {
    private func provider(_ options: JSONValue, _ environment: [String: String] = [:]) throws -> OCIProvider {
        let site = CloudSite(
            installation: "x", stateDirectory: "/nowhere", environment: environment, http: HTTPClient())
        return try OCIProvider(name: "oci", options: options, site: site)
    }

    @Test func `the original's groups are read`() throws {
        let provider = try provider([
            "profile": ["profile_name": "HUB", "compartment_id": "ocid1.compartment"],
            "instance": [
                "availability_domain": "x:EU-1", "target_shape": "VM.Standard2.1", "operating_system": "CentOS",
                "operating_system_version": "7", "display_name": "{JUPYTERHUB_USER}", "ssh_authorized_keys": [],
            ],
            "vcn": ["id": "", "dns_label": "net", "display_name": "mine", "cidr_block": "10.1.0.0/16"],
            "subnet": ["dns_label": "sub", "cidr_block": "10.1.1.0/24"], "internetgateway": ["is_enabled": "True"],
            "routetable": ["routerules": [["cidr_block": "10.2.0.0/16"]]], "instance_metadata": ["a": "b"],
        ])
        #expect(provider.settings.profile == "HUB")
        #expect(provider.settings.network.network.id == nil)
        #expect(provider.settings.network.routes == [.init(destination: "10.2.0.0/16", type: "CIDR_BLOCK")])
        let options = try provider.settings.machine(with: [:])
        #expect(options.shape == "VM.Standard2.1")
        #expect(options.subnet.block == "10.1.1.0/24")
        #expect(options.loginAccount == "opc")
        let other = try provider.settings.machine(with: ["instance": ["image": "ocid1.image", "shapes": ["VM.*"]]])
        #expect(other.system == nil && other.image == "ocid1.image" && other.shape == nil && other.domain == "x:EU-1")
    }

    @Test func `the original's variables say what the file does not`() throws {
        let environment = [
            "CORC_PROVIDERS_OCI_PROFILE_COMPARTMENT_ID": "ocid1.compartment", "CORC_PROVIDERS_OCI_PROFILE_NAME": "V",
            "CORC_PROVIDERS_OCI_INSTANCE_SHAPE": "VM.V", "CORC_PROVIDERS_OCI_SUBNET_ID": "ocid1.subnet",
        ]
        let provider = try provider(["profile": ["name": "F"], "instance": ["target_shape": "VM.F"]], environment)
        #expect(provider.settings.compartment == "ocid1.compartment")
        #expect(provider.settings.profile == "F")
        let options = try provider.settings.machine(with: [:])
        #expect(options.shape == "VM.F")
        #expect(options.subnet.id == "ocid1.subnet")
    }

    @Test(
        arguments: [
            ["regoin": "x"], ["region": "eu frankfurt"], ["endpoint": "http://iaas.example.com"],
            ["profile": ["nam": "x"]],
            ["instance": ["boot_volume_size_in_gbs": 1]], ["instance_metadata": ["user_data": "x"]],
            ["tags": ["a.b": "c"]],
            ["tags": ["multiplespawner-token": "c"]],
        ] as [JSONValue])
    func `options that cannot be are refused when they are read`(_ options: JSONValue) {
        #expect(throws: SpawnError.self) { try provider(options) }
    }

    @Test(arguments: CloudInitTests.hostile + ["a&compartmentId=x", "x\r\nX-Evil: 1", "../../x?y=z#w"])
    func `hostile values arrive as one value each`(_ text: String) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let cloud = try OCICloud()
        defer { cloud.stop() }
        let provider = try cloud.provider(state: directory.path, http: HTTPClient())
        let user = text.filter { !$0.unicodeScalars.contains(where: \.isControl) && $0 != "/" } + "u"
        let options: JSONValue = [
            "subnet": ["display_name": .string("s" + text)], "tags": ["t": .string(text)],
            "instance": ["display_name": .string("n" + text), "availability_domain": .string("d" + text)],
            "instance_metadata": .object(["m" + text: .string(text)]),
            "cloud_init": .object(["c" + text: .string(text)]),
        ]
        let machine = try await provider.acquire(try .test(options, user: user), checkpoint: Leases().checkpoint)
        #expect(cloud.complaints.isEmpty)
        let made = try #require(cloud.instances.first)
        #expect(made["availabilityDomain"] == .string("d" + text))
        #expect(made["metadata"]?["m" + text] == .string(text))
        #expect(made["freeformTags"]?["t"] == .string(text))
        #expect(cloud.things("subnets").first?["displayName"] == .string("s" + text))
        #expect(try await provider.census().first?.user == user)
        #expect(machine.name == machine.name.excerpt || machine.name.count > 80)
        _ = try await provider.acquire(try .test(options, user: user), checkpoint: Leases().checkpoint)
        #expect(cloud.things("subnets").count == 1)
    }

    // MARK: Oracle's configuration

    private func configuration(_ directory: TemporaryDirectory, key: String, _ more: String = "") throws -> [String:
        String]
    {
        let file = try directory.file("key.pem", key)
        let text = """
            [DEFAULT]
            user=ocid1.user
            fingerprint=aa:bb
            tenancy=ocid1.tenancy
            key_file=\(file)
            \(more)
            [HUB]
            user = ocid1.user.hub
            region = eu-frankfurt-1
            """
        return ["OCI_CONFIG_PATH": try directory.file("config", text)]
    }

    @Test func `a profile completes the default one, and a key may have a passphrase`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let made = await refusalOfNothing {
            try await Program.run([
                "openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-aes256", "-pass",
                "pass:sesame",
            ])
        }
        let output = try #require(made).output
        let key = String(output[(output.firstRange(of: "-----BEGIN")?.lowerBound ?? output.startIndex)...])
        let environment = try configuration(directory, key: key, "pass_phrase=sesame")
        let hub = try await OCIIdentitySource(file: nil, profile: "HUB", environment: environment).current()
        #expect(hub.keyID == "ocid1.tenancy/ocid1.user.hub/aa:bb")
        #expect(hub.region == "eu-frankfurt-1")
        #expect(hub.key.keySizeInBits == 2048)
        let named = environment.merging(["OCI_PROFILE_NAME": "HUB"]) { $1 }
        #expect(
            try await OCIIdentitySource(file: nil, profile: nil, environment: named).current().user == "ocid1.user.hub")
        for wrong in ["", "pass_phrase=other"] {
            let environment = try configuration(directory, key: key, wrong)
            let error = await refusal {
                _ = try await OCIIdentitySource(file: nil, profile: "HUB", environment: environment).current()
            }
            #expect(error?.code == .unauthorized)
            #expect(error?.message.contains("pass_phrase") == true)
        }
    }

    private func refusalOfNothing<Value>(_ work: () async throws -> Value) async -> Value? { try? await work() }

    @Test func `what is missing is told by name`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        func message(_ environment: [String: String], profile: String? = nil) async -> String {
            await refusal {
                _ = try await OCIIdentitySource(file: nil, profile: profile, environment: environment).current()
            }?.message ?? ""
        }
        #expect(await message(["HOME": "/nowhere"]).contains("/nowhere/.oci/config"))
        let environment = try configuration(directory, key: "nonsense")
        #expect(await message(environment, profile: "OTHER").contains("no profile 'OTHER'"))
        #expect(await message(environment).contains("cannot be read"))
        let away = environment.merging(["OCI_KEY_FILE": "/nowhere/key"]) { $1 }
        #expect(await message(away).contains("no key '/nowhere/key'"))
        let bare = ["OCI_CONFIG_PATH": try directory.file("bare", "[DEFAULT]\nuser=x\n")]
        #expect(await message(bare).contains("has no 'tenancy'"))
        let broken = ["OCI_CONFIG_PATH": try directory.file("broken", "[DEFAULT]\ntenancy=a\"b\nuser=x\n")]
        #expect(await message(broken).contains("'tenancy'"))
    }
}
