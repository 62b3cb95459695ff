import MultipleSpawner
import Testing
import Transport

@testable import Configurers

/// With a real ansible-playbook and a real sshd.
@Suite(.timeLimit(.minutes(4))) struct AnsibleConfigurerTests {
    @Test func `two playbooks run in their order, and each task is told`() async throws {
        let site = try await AnsibleSite()
        try site.playbook(
            "first.yml",
            tasks: """
                - name: Write the first line
                  ansible.builtin.lineinfile: {path: "\(site.out("seen"))", line: "first of {{ who }}", create: true, mode: "0600"}
                - name: Do nothing
                  ansible.builtin.meta: noop
                """)
        try site.playbook(
            "second.yml",
            tasks: """
                - name: Write the second line
                  ansible.builtin.lineinfile: {path: "\(site.out("seen"))", line: "second"}
                """)
        let wanted = try site.wanted(["first.yml", "second.yml"], ["who": "alice"])
        let reports = try await site.apply(wanted)
        #expect(site.directory.text("seen") == "first of alice\nsecond\n")
        #expect(
            reports == [
                "preparing the machine", "first.yml: Write the first line (1 of 2)",
                "first.yml: Do nothing (2 of 2)", "second.yml: Write the second line (1 of 1)",
            ])
        try await site.apply(wanted)
        #expect(site.directory.text("seen") == "first of alice\nsecond\n", "a second time changes nothing")
        #expect(site.leavesNothing())
        await site.stop()
    }

    @Test func `the task that fails is named with its message, and no playbook follows it`() async throws {
        let site = try await AnsibleSite()
        try site.playbook(
            "first.yml",
            tasks: """
                - name: Fail and be forgiven
                  ansible.builtin.command: "false"
                  ignore_errors: true
                - name: Install the thing
                  ansible.builtin.command: "sh -c 'echo about to; echo no thing here >&2; exit 3'"
                """)
        try site.playbook(
            "second.yml", tasks: #"- ansible.builtin.copy: {content: "", dest: "\#(site.out("seen"))", mode: "0600"}"#)
        let error = await #expect(throws: SpawnError.self) {
            try await site.apply(site.wanted(["first.yml", "second.yml"]))
        }
        #expect(error?.code == .backendFailed)
        #expect(error?.message.contains("the task 'Install the thing' of first.yml failed") == true, "\(error as Any)")
        #expect(error?.message.contains("non-zero return code; its last line: no thing here") == true)
        #expect(error?.details == ["no thing here"])
        #expect(site.directory.text("seen") == nil && site.leavesNothing())
        await site.stop()
    }

    @Test func `what is not to be logged is in no error`() async throws {
        let site = try await AnsibleSite()
        try site.playbook(
            tasks: """
                - name: Show a secret
                  ansible.builtin.fail: {msg: "it is {{ hidden }}"}
                  no_log: true
                """)
        try site.playbook("open.yml", tasks: #"- ansible.builtin.fail: {msg: "it is {{ api_token }}"}"#)
        for playbook in ["play.yml", "open.yml"] {
            let error = await #expect(throws: SpawnError.self) {
                try await site.apply(site.wanted([playbook], ["hidden": "s3cr3t", "api_token": "s3cr3t"]))
            }
            let text = "\(error as Any) \(error?.details ?? []) \(error?.cause ?? "")"
            #expect(!text.contains("s3cr3t") && text.contains("hidden"), "\(text)")
        }
        await site.stop()
    }

    @Test func `a run that takes too long is ended with all that it started, and its task is named`() async throws {
        let site = try await AnsibleSite()
        try site.playbook(
            tasks: """
                - name: Wait for ever
                  ansible.builtin.command: sleep 600
                """)
        let error = await #expect(throws: SpawnError.self) {
            try await site.apply(site.wanted(more: ["time_limit": 20]))
        }
        #expect(error?.code == .timedOut)
        #expect(error?.message.contains("at the task 'Wait for ever' of play.yml") == true, "\(error as Any)")
        #expect(site.leavesNothing())
        await site.stop()
    }

    @Test func `a run that is cancelled leaves no process and no file`() async throws {
        let site = try await AnsibleSite()
        try site.playbook(
            tasks: """
                - name: Wait for ever
                  ansible.builtin.command: sleep 600
                """)
        let (begun, begin) = AsyncStream.makeStream(of: String.self)
        let traces = Traces { begin.yield($0) }
        let wanted = try site.wanted()
        let run = Task {
            defer { begin.finish() }
            try await site.configurer.apply(wanted, checkpoint: traces.checkpoint)
        }
        for await message in begun where message.contains("Wait for ever") { break }
        run.cancel()
        await #expect(throws: CancellationError.self) { try await run.value }
        #expect(site.leavesNothing())
        await site.stop()
    }

    @Test func `a machine with another host key is refused`() async throws {
        let site = try await AnsibleSite()
        try site.playbook(tasks: "- ansible.builtin.ping:")
        let other = try await SSHKeyFiles(directory: site.directory.path, name: "other").make(.ed25519, comment: "")
        for line in ["[127.0.0.1]:\(site.machine.port) \(other)\n", ""] {
            var credentials = site.credentials
            credentials.knownHostsFile = try site.directory.file("wrong", line)
            let error = await #expect(throws: SpawnError.self) {
                try await site.apply(
                    site.wanted(["play.yml"], ["ansible_host_key_checking": false], credentials: credentials))
            }
            #expect(error?.code == .forbidden, "\(error as Any)")
        }
        // Where the account knows it, it is known.
        var credentials = site.credentials
        credentials.knownHostsFile = nil
        let known = "[127.0.0.1]:\(site.machine.port) \(site.machine.hostKey)\n"
        let named = try site.directory.file("named", known)
        try await site.apply(
            site.wanted(["play.yml"], credentials: credentials, more: ["known_hosts": [.string(named)]]))
        await site.stop()
    }

    @Test func `a key that is not authorized is refused, and a machine that is not there is told`() async throws {
        let site = try await AnsibleSite()
        try site.playbook(tasks: "- ansible.builtin.ping:")
        var credentials = site.credentials
        let files = SSHKeyFiles(directory: site.directory.path, name: "stranger")
        _ = try await files.make(.ed25519, comment: "")
        credentials.keyFile = files.privateFile
        let refused = await #expect(throws: SpawnError.self) {
            try await site.apply(site.wanted(credentials: credentials))
        }
        #expect(refused?.code == .unauthorized, "\(refused as Any)")
        let absent = await #expect(throws: SpawnError.self) {
            try await site.apply(site.wanted(machine: MachineAddress(host: "127.0.0.1", port: 1)))
        }
        #expect(absent?.code == .unavailable && absent?.message.contains("refused") == true, "\(absent as Any)")
        await site.stop()
    }

    @Test func `a certificate opens the machine`() async throws {
        let directory = try TemporaryDirectory()
        let authenticator = SSHAuthenticator(
            stateDirectory: directory.path, environment: ["HOME": directory.path + "/home"])
        let site = try await AnsibleSite()
        let grants = Grants()
        let request = try AccessRequest.test(
            SSHAuthenticator.options.bind([
                "create_certificate": true, "user": .string(site.machine.account),
                "host_key": .string(site.machine.hostKey.fingerprint),
            ]), machines: [])
        let made = try await authenticator.prepare(request, checkpoint: grants.checkpoint)
        let authority = try #require(directory.text("ssh/ca.pub"))
        let trusting = try await TestMachine(authority: authority.split(separator: "\n").first.map(String.init))
        var credentials = made
        credentials.knownHostsFile = try directory.file(
            "known_hosts", "[127.0.0.1]:\(trusting.port) \(trusting.hostKey)\n")
        try site.playbook(tasks: "- ansible.builtin.ping:")
        try await site.apply(site.wanted(credentials: credentials, machine: trusting.address))
        // The certificate is found by its name, too.
        let name = try #require(directory.names("home/.corc/ssh").first { $0.hasSuffix("_ecdsa") })
        let key = try #require(directory.text("home/.corc/ssh/\(name)"))
        credentials.certificateFile = nil
        credentials.keyFile = try directory.file("bare", key)
        let error = await #expect(throws: SpawnError.self) {
            try await site.apply(site.wanted(credentials: credentials, machine: trusting.address))
        }
        #expect(error?.code == .unauthorized, "and its key alone does not")
        await trusting.stop()
        await site.stop()
        directory.remove()
    }

    @Test func `what was done is undone by the playbook for that, twice, from what is kept`() async throws {
        let site = try await AnsibleSite()
        try site.playbook(
            tasks: #"- ansible.builtin.copy: {content: "{{ who }}", dest: "\#(site.out("seen"))", mode: "0600"}"#)
        try site.playbook("undo.yml", tasks: #"- ansible.builtin.file: {path: "{{ where }}", state: absent}"#)
        let cleanup: JSONValue = [
            "playbook_path": "undo.yml", "host_variables": ["where": .string(site.out("seen"))],
        ]
        let wanted = try site.wanted(["play.yml"], ["who": "alice", "note": "n0te"], more: ["cleanup": cleanup])
        let traces = Traces()
        try await site.configurer.apply(wanted, checkpoint: traces.checkpoint)
        #expect(site.directory.text("seen") == "alice")
        let trace = try #require(traces.all.last)
        #expect(traces.all.count == 1 && !trace.payload.contains("n0te"))
        for _ in 0..<2 {
            try await site.configurer.cleanup(trace, through: NoShell())
            #expect(site.directory.text("seen") == nil)
        }
        await site.stop()
    }

    @Test func `nothing secret is kept for the end`() async throws {
        let site = try await AnsibleSite()
        try site.playbook(tasks: "- ansible.builtin.ping:")
        let cleanup: [String: JSONValue] = ["cleanup": ["playbook_path": "play.yml"]]
        let traces = Traces()
        let secret = await #expect(throws: SpawnError.self) {
            try await site.configurer.apply(
                site.wanted(["play.yml"], ["ansible_become_password": "s3cr3t"], more: cleanup),
                checkpoint: traces.checkpoint)
        }
        #expect(secret?.code == .invalidRequest && secret?.message.contains("ansible_become_password") == true)
        var password = site.credentials
        (password.keyFile, password.password) = (nil, "s3cr3t")
        await #expect(throws: SpawnError.self) {
            try await site.configurer.apply(
                site.wanted(credentials: password, more: cleanup), checkpoint: traces.checkpoint)
        }
        // One that is read where it is used is none.
        try await site.configurer.apply(
            site.wanted(["play.yml"], ["ansible_become_password": "{{ lookup('env', 'HOME') }}"], more: cleanup),
            checkpoint: traces.checkpoint)
        #expect(traces.all.count == 1)
        await site.stop()
    }

    @Test func `an inventory of the admin's gives variables, and its machines are left alone`() async throws {
        let site = try await AnsibleSite()
        let inventory = try site.directory.file(
            "site.yml",
            """
            compute:
              hosts: {elsewhere.invalid: {}}
              vars: {greeting: hello}

            """)
        try site.playbook(
            tasks: #"""
                - ansible.builtin.copy:
                    content: "{{ greeting }} {{ inventory_hostname }} {{ ansible_play_hosts_all | join }}"
                    dest: "\#(site.out("seen"))"
                    mode: "0600"
                """#)
        let more: [String: JSONValue] = [
            "inventory_path": .string(inventory),
            "host_settings": ["group": "compute", "port": .string("\(site.machine.port)")],
        ]
        try await site.apply(site.wanted(machine: MachineAddress(host: "127.0.0.1", port: 1), more: more))
        #expect(site.directory.text("seen") == "hello 127.0.0.1 127.0.0.1")
        await site.stop()
    }

    @Test func `a play for another group is an error that says so`() async throws {
        let site = try await AnsibleSite()
        try site.playbook("play.yml", "- hosts: others\n  tasks: []\n")
        let error = await #expect(throws: SpawnError.self) {
            try await site.apply(site.wanted(more: ["host_settings": ["group": "compute"]]))
        }
        #expect(error?.code == .invalidRequest && error?.message.contains("'compute'") == true, "\(error as Any)")
        await site.stop()
    }
}
