import Glibc
import MultipleSpawner
import Testing

@testable import Configurers

/// When a machine to which the same was applied is passed over.
@Suite(.timeLimit(.minutes(2))) struct AnsibleDigestTests {
    @Test func `it is the same as long as options, playbooks and what lies beside them are`() async throws {
        let site = try await AnsibleSite()
        try site.playbook(tasks: "- ansible.builtin.ping:")
        for folder in ["roles", "roles/base", "roles/base/tasks", "other"] {
            mkdir(site.directory.path + "/books/" + folder, 0o700)
        }
        try site.playbook("roles/base/tasks/main.yml", "- ansible.builtin.ping:\n")
        func signature(_ wanted: Preparation) async throws -> String? {
            try await site.configurer.digest(of: wanted)
        }
        let first = try #require(try await signature(site.wanted()))
        #expect(try await signature(site.wanted(more: ["time_limit": 5])) == first)
        try site.playbook("other/notes.txt", "nothing that a playbook includes")
        #expect(try await signature(site.wanted()) == first)
        #expect(try await signature(site.wanted(["play.yml"], ["who": "bob"])) != first)
        #expect(try await signature(site.wanted(machine: MachineAddress(host: "127.0.0.1", port: 1))) != first)
        try site.playbook("roles/base/tasks/main.yml", "- ansible.builtin.debug:\n")
        let second = try await signature(site.wanted())
        #expect(second != first)
        try site.playbook("vars.yml", "a: 1\n")
        #expect(try await signature(site.wanted()) != second)
        #expect(try await signature(site.wanted(more: ["force": "True"])) == nil)
        await site.stop()
    }

    @Test func `doctor tells whether it could be applied`() async throws {
        let site = try await AnsibleSite()
        try site.playbook(tasks: "- ansible.builtin.ping:")
        let well = await site.configurer.examine(try site.wanted(["play.yml"], ["user": "{JUPYTERHUB_USER}"]).written)
        #expect(well.map(\.level) == [.ok, .ok], "\(well)")
        #expect(well.first?.message.contains("core 2.") == true)
        try site.playbook("play.yml", "- hosts: all\n  tasks: [{ansible.builtin.no_such: {}}]\n")
        let broken = await site.configurer.examine(try site.wanted().written)
        #expect(broken.map(\.level) == [.ok, .failed], "\(broken)")
        #expect(broken.last?.message.contains("no_such") == true)
        let absent = await site.configurer.examine(try site.wanted(["absent.yml"]).written)
        #expect(absent.map(\.level) == [.ok, .failed] && absent.last?.message.contains("absent.yml") == true)
        let nowhere = await site.configurer.examine(
            try site.wanted(more: ["ansible_playbook": "/nowhere/ansible-playbook"]).written)
        #expect(nowhere.map(\.level) == [.failed] && nowhere.first?.message.contains("/nowhere") == true)
        await site.stop()
    }

    @Test func `what a process left that was killed is removed by the next one`() async throws {
        var template = Array("/tmp/mspans-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        let one = try RunDirectory()
        #expect(access(path, F_OK) == 0, "one that is new may not be locked yet")
        var times = [timespec(tv_sec: 1000, tv_nsec: 0), timespec(tv_sec: 1000, tv_nsec: 0)]
        utimensat(AT_FDCWD, path, &times, 0)
        utimensat(AT_FDCWD, one.path, &times, 0)
        let two = try RunDirectory()
        #expect(access(path, F_OK) != 0)
        #expect(access(one.path, F_OK) == 0, "one that is in use stays")
        one.remove()
        two.remove()
        #expect(access(one.path, F_OK) != 0 && access(two.path, F_OK) != 0)
    }
}
