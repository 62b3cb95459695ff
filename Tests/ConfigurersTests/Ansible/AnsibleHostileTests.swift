import MultipleSpawner
import Testing

@testable import Configurers

/// What users can choose reaches Ansible as it is, and is nothing else there.
@Suite(.timeLimit(.minutes(4))) struct AnsibleHostileTests {
    private static let texts = [
        "{{ lookup('pipe', 'touch PWNED') }}", "{% set x = lookup('pipe', 'touch PWNED') %}{{ x }}", "{# #}{{ 7 * 7 }}",
        "\"}, evil: {\"a\": \"b", "' \" \\ \\n $HOME `touch PWNED` $(touch PWNED)", "a\nb: c\n\td", "!unsafe x",
        "!vault |", "yes", "1e3", "~", "null", "<<", "&a *a", "", " ", "- -", "{", "[1", "# x", "%YAML 2.0", "---",
        "...",
        "\u{85}\u{2028}\u{2029}\u{FEFF}\u{7F}\u{1}\u{10FFFF}\u{FFFF}", "ünï 🦉 e\u{301}",
        "{\"__ansible_unsafe\": \"x\"}",
    ]

    @Test func `every text and type arrives as it is, and none of it is evaluated`() async throws {
        let site = try await AnsibleSite()
        let evil = Self.texts.map { text in
            JSONValue.string(
                String(
                    text.split(separator: "PWNED", omittingEmptySubsequences: false).joined(
                        separator: site.out("pwned"))))
        }
        let typed: JSONValue = [
            "whole": 22, "large": 4_611_686_018_427_387_904, "broken": 0.1, "huge": 1e300, "tiny": -1.5e-7,
            "round": 2.0,
            "yes": true, "nothing": .null, "list": [1, [2, ["three": 3]]], "map": ["a b": "c", "": "empty"],
        ]
        try site.playbook(
            tasks: #"""
                - ansible.builtin.copy: {content: "{{ probe | to_json }}", dest: "\#(site.out("seen"))", mode: "0600"}
                - ansible.builtin.copy: {content: "{{ sum }} {{ own }}", dest: "\#(site.out("sum"))", mode: "0600"}
                """#)
        let written: JSONValue = [
            "probe": ["texts": .array(evil.map { _ in "{NAME}" }), "typed": typed], "own": "{NAME}",
            "sum": "{{ 40 + 2 }}",
        ]
        let filled: JSONValue = [
            "probe": ["texts": .array(evil), "typed": typed], "own": evil[0], "sum": "{{ 40 + 2 }}",
        ]
        try await site.apply(site.wanted(["play.yml"], written, filled: filled))
        let seen = try site.read("seen")
        for (index, text) in evil.enumerated() {
            let arrived = seen["texts"]?.arrayValue?[index]
            #expect(arrived == text, "\(text) arrived as \(arrived as Any)")
        }
        for (key, value) in typed.objectValue ?? [:] {
            let arrived = seen["typed"]?[key]
            #expect(
                arrived == value || arrived?.doubleValue == value.doubleValue && value.doubleValue != nil,
                "\(key): \(arrived as Any)")
        }
        #expect(site.directory.text("sum") == "42 " + (evil[0].stringValue ?? ""))
        #expect(site.directory.text("pwned") == nil)
        await site.stop()
    }

    @Test(arguments: [
        "{{ lookup('pipe', 'touch PWNED') }}", "a\" -o ProxyCommand=\"touch PWNED", "-oProxyCommand=touch", "a b", "",
    ])
    func `a user with such a name gets no account and no command`(name: String) async throws {
        let site = try await AnsibleSite()
        try site.playbook(tasks: "- ansible.builtin.ping:")
        let user = String(
            name.split(separator: "PWNED", omittingEmptySubsequences: false).joined(separator: site.out("pwned")))
        let error = await #expect(throws: SpawnError.self) {
            try await site.apply(
                site.wanted(
                    ["play.yml"], ["ansible_user": "{JUPYTERHUB_USER}"], filled: ["ansible_user": .string(user)]))
        }
        #expect(error?.code == .invalidRequest, "\(error as Any)")
        #expect(site.directory.text("pwned") == nil)
        await site.stop()
    }

    @Test func `a placeholder decides neither how the machine is reached nor what is run`() async throws {
        let site = try await AnsibleSite()
        try site.playbook(tasks: "- ansible.builtin.ping:")
        for name in [
            "ansible_connection", "ansible_ssh_common_args", "ansible_ssh_executable", "ansible_host", "ansible_x",
        ] {
            let error = await #expect(throws: SpawnError.self) {
                try await site.apply(site.wanted(["play.yml"], [name: "{X}"].json, filled: [name: "local"].json))
            }
            #expect(error?.code == .invalidRequest && error?.message.contains(name) == true, "\(error as Any)")
        }
        let mixed = await #expect(throws: SpawnError.self) {
            try await site.apply(
                site.wanted(["play.yml"], ["home": ["{{ base }}/{X}"]], filled: ["home": ["{{ base }}/alice"]]))
        }
        #expect(mixed?.message.contains("'home[0]'") == true, "\(mixed as Any)")
        for key in ["apply_kwargs", "inventory_path", "ansible_playbook", "known_hosts"] {
            var wanted = try site.wanted(more: [
                "inventory_path": "/x", "ansible_playbook": "/x", "known_hosts": ["/x"],
            ])
            var written = wanted.written.objectValue ?? [:]
            written[key] = "{X}"
            wanted.written = .object(written)
            let error = await #expect(throws: SpawnError.self) { try await site.apply(wanted) }
            #expect(error?.code == .invalidRequest && error?.message.contains("'\(key)'") == true, "\(error as Any)")
        }
        await site.stop()
    }

    @Test func `a name that is no variable or no group, and a playbook that is not there, are errors`() async throws {
        let site = try await AnsibleSite()
        try site.playbook(tasks: "- ansible.builtin.ping:")
        for name in ["a b", "a:b", "", "1a", "{{ x }}", "hosts\n"] {
            await #expect(throws: SpawnError.self) { try await site.apply(site.wanted(["play.yml"], [name: 1].json)) }
        }
        for group in ["a:b", "all:!x", "~x", "a b"] {
            await #expect(throws: SpawnError.self) {
                try await site.apply(site.wanted(more: ["host_settings": ["group": .string(group)]]))
            }
        }
        let absent = await #expect(throws: SpawnError.self) { try await site.apply(site.wanted(["absent.yml"])) }
        #expect(absent?.code == .notFound)
        #expect(absent?.message.contains(site.directory.path + "/books/absent.yml") == true, "\(absent as Any)")
        for host in ["a b", "-x", "a,b", "all:x", ""] {
            await #expect(throws: SpawnError.self) {
                try await site.apply(site.wanted(machine: MachineAddress(host: host)))
            }
        }
        await site.stop()
    }

    @Test func `no configuration of the account has a say`() async throws {
        let site = try await AnsibleSite()
        try site.playbook(tasks: "- ansible.builtin.ping:")
        _ = try site.directory.file(
            "home/.ansible.cfg", "[defaults]\nstdout_callback = nonsense\nremote_user = nobody\n")
        _ = try site.directory.file("books/ansible.cfg", "[ssh_connection]\nssh_executable = /bin/false\n")
        let reports = try await site.apply(site.wanted())
        #expect(reports.count == 2)
        await site.stop()
    }
}

extension [String: JSONValue] {
    fileprivate var json: JSONValue { .object(self) }
}
