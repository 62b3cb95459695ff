import MultipleSpawner
import Testing

@testable import Providers

/// Machines as admins write them.
@Suite(.timeLimit(.minutes(5))) struct LibvirtTemplateTests {
    /// The original's example, as it is.
    private static let original = """
        <domain type='qemu'>
            <name>{name}</name>
            <memory>1048576</memory>
            <vcpu>1</vcpu>
            <os>
                <type arch='i686' machine='pc'>hvm</type>
                <boot dev='hd'/>
            </os>
            <cpu mode='host-model'/>
            <devices>
                <disk type='file' device='disk'>
                    <driver name='qemu' type='qcow2'/>
                    <source file='{disk_image_path}'/>
                    <target dev='vda' bus='virtio'/>
                </disk>
                <serial type='pty'>
                    <target port='0'/>
                </serial>
            </devices>
        </domain>
        """

    private static let jinja = """
        <domain type='{{domain_type}}'>
          <name>{{name}}</name><title>{{ title }}</title>
          <memory>{{memory_size}}</memory>
          <vcpu>{{ num_vcpus }}</vcpu>
          <os><type arch='i686' machine='{{machine}}'>hvm</type></os>
          <devices>
            <disk type='{{disk_device_type}}' device='disk'>
              <driver name='{{disk_driver_name}}' type='{{disk_driver_type}}'/>
              <source file='{{disk_image_path}}'/>
              <target dev='{{disk_target_dev}}' bus='{{disk_target_bus}}'/>
            </disk>
          </devices>
        </domain>
        """

    private func description(_ options: JSONValue = [:]) throws -> LibvirtDescription {
        let options = try LibvirtMachineOptions(options)
        let wanted = try MachineRequest.small()
        return LibvirtDescription(
            options: options, type: .qemu, architecture: "x86_64", token: wanted.token, name: "hub-alice",
            tags: CloudTags(wanted, installation: "test"), memory: 1 << 30, cores: 2, disk: "/pool/own.qcow2",
            seed: "/pool/seed.iso")
    }

    @Test func `the original's template gets what makes the machine ours`() throws {
        let machine = try description()
        let text = try LibvirtTemplate(Self.original, path: "/x/template.xml").xml(machine)
        let root = try XMLReader.read(Array(text.utf8))
        #expect(root.value("name") == "hub-alice")
        #expect(root.value("uuid") == machine.token.uuid)
        #expect(root["metadata"]?["machine"]?.value("token") == machine.token.rawValue)
        #expect(root["devices"]?.children.filter { $0.name == "disk" }.count == 2)
        #expect(text.contains("/pool/own.qcow2"))
        #expect(text.contains("/pool/seed.iso"))
    }

    @Test func `hostile values stay values`() throws {
        let hostile = "</title><devices/> & \"'{name}{{name}}\n]]>"
        let machine = try description([
            "template_path": "/x.j2", "template_path_kwargs": ["title": .string(hostile)],
        ])
        let text = try LibvirtTemplate(Self.jinja, path: "/x.j2").xml(machine)
        let root = try XMLReader.read(Array(text.utf8))
        #expect(root.value("title") == hostile)
        #expect(root.children.filter { $0.name == "devices" }.count == 1)
        #expect(root.value("memory") == "1048576")
        #expect(root.value("vcpu") == "2")
    }

    @Test(arguments: [
        ("<domain><name>{name}</name>", "disk_image_path"), ("<domain>{disk_image_path}</domain>", "{name}"),
        ("{name}{disk_image_path}{nmae}</devices></domain>", "did you mean 'name'?"),
        ("{name}{disk_image_path}{", "not closed"), ("{name}{disk_image_path}}", "'}' has no '{'"),
        ("{name}{disk_image_path}{a.b}", "'a.b' is no name"), ("{name}{disk_image_path}", "no </domain>"),
    ])
    func `a template that cannot be filled is told why`(_ text: String, _ reason: String) throws {
        let machine = try description()
        let error = #expect(throws: SpawnError.self) { try LibvirtTemplate(text, path: "/x.xml").xml(machine) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    @Test func `what Jinja does besides places is refused`() throws {
        for text in ["{% if x %}", "{# x #}", "{{ name | default('x') }}"] {
            #expect(throws: SpawnError.self) { try LibvirtTemplate(Self.jinja + text, path: "/x.j2") }
        }
    }

    @Test func `a value of ours cannot be given by others`() throws {
        let machine = try description([
            "template_path": "/x.xml", "template_path_kwargs": ["disk_image_path": "/etc/shadow"],
        ])
        #expect(throws: SpawnError.self) { try LibvirtTemplate(Self.original, path: "/x.xml").xml(machine) }
    }

    @Test func `libvirt takes it, and one with another id is taken back`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = try directory.file("machine.xml", Self.original)
        let provider = try Libvirt.provider([
            "template_path": .string(path), "static_address": "10.0.0.1", "template_path_kwargs": ["x": 1],
        ])
        let leases = Leases()
        let wanted = try MachineRequest.small()
        _ = try await provider.acquire(wanted, checkpoint: leases.checkpoint)
        #expect(try Libvirt.state(wanted.token) == .running)
        try await provider.release(try #require(leases.all.last), .destroy)

        let uuid = MachineToken().uuid
        let own = Self.original.replacing("<vcpu>", with: "<uuid>\(uuid)</uuid><vcpu>")
        let other = try directory.file("other.xml", own)
        let error = await refusal {
            _ = try await provider.acquire(
                try .small(["template_path": .string(other)]), checkpoint: leases.checkpoint)
        }
        #expect(error?.message.contains("{uuid}") == true)
        #expect(try LibvirtDomain.find(uuid, at: LibvirtConnection(Libvirt.uri)) == nil)
        try await provider.release(try #require(leases.all.last), .destroy)
    }
}
