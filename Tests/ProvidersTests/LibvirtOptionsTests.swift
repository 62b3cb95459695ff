import Foundation
import MultipleSpawner
import Testing

@testable import Providers

/// What is read from the files for libvirt, and what libvirt is told of it.
@Suite(.timeLimit(.minutes(5))) struct LibvirtOptionsTests {
    @Test(
        arguments: [
            ["open_url": "qemu:///system"], ["open_uri": "qemu"], ["pool": "../x"], ["pool_path": "images"],
            ["kernel": "/boot/../etc/shadow"], ["initrd": "/x"], ["gpu": 1], ["template_path_kwargs": ["x": 1]],
            ["template_path": "/x", "template_path_kwargs": ["x": [1]]], ["name": "a name that is much too long"],
            ["name": "x/y"], ["memory_size": "much"],
            ["static_address": "-oProxyCommand=x"], ["static_address": "a b"], ["static_address": "{username}.lab"],
            ["machine": "pc<"], ["cpu_architecture": "x86 64"],
            ["domain_type": "xen"],
            ["extra_disks": ["relative"]], ["extra_disks": [["path": "/x", "device": "v d"]]],
            ["shares": [["tag": "x"]]], ["shares": [["tag": "x", "directory": "/x", "socket": "/y"]]],
            ["network_interfaces": [["bridge": "a/b"]]], ["seed": false, "cloud_init": ["packages": ["x"]]],
            ["seed": false, "manage_host_key": true], ["disk_target_dev": "v\"da"],
        ] as [JSONValue])
    func `options that cannot be are refused when they are read`(_ options: JSONValue) throws {
        let error = #expect(throws: SpawnError.self) { try LibvirtOptions(options) }
        #expect(error?.code == .invalidRequest)
    }

    @Test func `an unknown option is told with the nearest one`() throws {
        let error = #expect(throws: SpawnError.self) { try LibvirtOptions(["disk_image_pth": "/x"]) }
        #expect(error?.message.contains("disk_image_path") == true)
    }

    @Test func `the original's names are read, and a template's options go over those of the file`() throws {
        let options = try LibvirtOptions([
            "open_uri": "qemu:///system", "disk_image_path": "/a", "memory_size": "1024MiB", "num_vcpus": 2,
            "domain_type": "qemu", "disk_device_type": "file", "disk_driver_name": "qemu", "disk_driver_type": "raw",
            "disk_target_dev": "sda", "disk_target_bus": "sata", "cpu_architecture": "x86_64", "cpu_mode": "custom",
            "machine": "pc", "serial_type": "pty", "serial_type_target_port": "0", "console_type": "pty",
            "images": ["Ubuntu 20.04": "/srv/focal.qcow2"],
        ])
        let machine = try options.machine(with: ["image": "Ubuntu 20.04", "num_vcpus": 4])
        #expect(machine.image == "/srv/focal.qcow2")
        #expect(machine.cores == 4)
        #expect(machine.memory == 1 << 30)
        #expect(machine.imageFormat == "raw")
        #expect(try options.machine(with: [:]).image == "/a")
        #expect(try LibvirtOptions([:]).uri == "qemu:///session")
        // The catalogue has read them before.
        for size in ["512M", 0.5, "0.5"] as [JSONValue] {
            let once = try LibvirtOptions.shape.bind(["memory_size": size])
            #expect(try LibvirtOptions(once).machine(with: [:]).memory == 512 << 20)
        }
        #expect(!LibvirtProvider.givesMachines([:]))
        #expect(LibvirtProvider.givesMachines(["image": "/a"]))
    }

    @Test func `a token is one id, one name and one card`() throws {
        let token = try #require(MachineToken(rawValue: "ms-0123456789abcdef0123456789abcdef"))
        #expect(token.uuid == "01234567-89ab-4def-8123-456789abcdef")
        #expect(UUID(uuidString: token.uuid) != nil)
        #expect(token.card() == "52:54:00:ab:cd:ef")
        #expect(token.card(1) == "52:54:00:ab:cd:f0")
        let last = try #require(MachineToken(rawValue: "ms-ffffffffffffffffffffffffffffffff"))
        #expect(last.uuid == "ffffffff-ffff-4fff-bfff-ffffffffffff")
        #expect(last.card(1) == "52:54:00:00:00:00")
    }

    /// The XML as Python reads it: a list of names, attributes and text, in its order.
    private func elements(_ text: String) async throws -> JSONValue {
        let script = """
            import json, sys, xml.etree.ElementTree as tree
            root = tree.fromstring(sys.stdin.buffer.read())
            print(json.dumps([[e.tag, dict(e.attrib), e.text or ""] for e in root.iter()]))
            """
        let answer = try await Program.run(["/usr/bin/python3", "-c", script], input: text)
        try #require(answer.status == 0, Comment(rawValue: answer.output))
        return try JSONDecoder().decode(JSONValue.self, from: Data(answer.output.utf8))
    }

    @Test(arguments: ["\"/><x y='", "'/><x y=\"", "</source><x>", "&amp;&#60;x>", "]]><!--x-->", "\u{85}é😀 \t"])
    func `hostile values come out as they went in, and add nothing`(_ text: String) async throws {
        let isWritable = !text.unicodeScalars.contains("\u{85}")
        let wanted = try MachineRequest.small()
        func xml(_ hostile: String) throws -> String {
            try LibvirtDescription(
                options: try LibvirtMachineOptions([
                    "kernel": "/boot/vmlinuz", "kernel_arguments": .string("quiet " + hostile),
                    "shares": [["tag": .string("t" + hostile), "directory": "/srv"]],
                ]), type: .qemu, architecture: "x86_64", token: wanted.token, name: "n",
                tags: CloudTags(wanted, installation: hostile),
                memory: 1 << 30, cores: 1, disk: "/d" + hostile, seed: "/s" + hostile
            ).xml()
        }
        guard isWritable else {
            #expect(throws: SpawnError.self) { try xml(text) }
            return
        }
        let found = try await elements(try xml(text)).arrayValue ?? []
        let plain = try await elements(try xml("plain")).arrayValue ?? []
        #expect(found.count == plain.count)
        #expect(found.contains(["cmdline", [:], .string("quiet " + text)]))
        #expect(found.contains(["source", ["file": .string("/d" + text)], ""]))
        #expect(found.contains(["source", ["file": .string("/s" + text)], ""]))
        #expect(found.contains(["target", ["dir": .string("t" + text)], ""]))
    }

    @Test func `a machine is described as its options say`() async throws {
        let wanted = try MachineRequest.small()
        let options = try LibvirtMachineOptions([
            "firmware": "efi", "machine": "q35", "cpu_mode": "host-passthrough",
            "extra_disks": [
                "/srv/a.img", ["path": "/srv/b.qcow2", "format": "qcow2", "device": "vdc", "read_only": true],
            ],
            "shares": [["tag": "data", "socket": "/run/x.sock"]],
            "network_interfaces": [["network": "lab"], ["host_interface": "br0", "mtu": 9000]],
        ])
        let text = try LibvirtDescription(
            options: options, type: .kvm, architecture: "x86_64", token: wanted.token, name: "n",
            tags: CloudTags(wanted, installation: "i"),
            memory: 1 << 30, cores: 3, disk: "/own", seed: nil
        ).xml()
        let found = try await elements(text).arrayValue ?? []
        for expected in [
            ["domain", ["type": "kvm"], ""], ["os", ["firmware": "efi"], ""], ["type", ["machine": "q35"], "hvm"],
            ["memory", ["unit": "KiB"], "1048576"], ["vcpu", [:], "3"], ["cpu", ["mode": "host-passthrough"], ""],
            ["target", ["dev": "vda", "bus": "virtio"], ""], ["target", ["dev": "vdb", "bus": "virtio"], ""],
            ["target", ["dev": "vdc", "bus": "virtio"], ""], ["source", ["socket": "/run/x.sock"], ""],
            ["source", ["network": "lab"], ""], ["source", ["bridge": "br0"], ""], ["mtu", ["size": "9000"], ""],
            ["mac", ["address": .string(wanted.token.card(1))], ""], ["source", ["type": "memfd"], ""],
        ] as [JSONValue] {
            #expect(found.contains(expected), "\(expected.text) in \(text)")
        }
        #expect(found.filter { $0.arrayValue?.first == "readonly" }.count == 1)
    }

    @Test func `of several addresses the one that can be reached is taken`() {
        func address(_ text: String, _ hardware: String = "", _ interface: String = "eth0") -> LibvirtAddress {
            LibvirtAddress(text: text, hardware: hardware, interface: interface)
        }
        let all = [
            address("127.0.0.1", "", "lo"), address("172.17.0.1", "02:42:00:00:00:01", "docker0"),
            address("fe80::1", "52:54:00:00:00:01"), address("2001:db8::1", "52:54:00:00:00:01"),
            address("10.0.0.7", "52:54:00:00:00:01"),
        ]
        #expect(LibvirtAddress.best(of: all, card: "52:54:00:00:00:01") == "10.0.0.7")
        #expect(LibvirtAddress.best(of: Array(all.dropLast()), card: "52:54:00:00:00:01") == "2001:db8::1")
        #expect(LibvirtAddress.best(of: all, card: "52:54:00:00:00:09") == "172.17.0.1")
        #expect(LibvirtAddress.best(of: [all[0], all[2]], card: "") == nil)
    }
}
