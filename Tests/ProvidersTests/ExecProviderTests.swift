import FoundationEssentials
import MultipleSpawner
import PluginContract
import Testing
import Transport

@testable import Providers

/// Machines that a program gives: the example that is given away, and programs that answer badly.
@Suite(.timeLimit(.minutes(5))) struct ExecProviderTests {
    private static let example = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "python/examples/plugin_provider.py").path

    private func site(_ command: [String], _ data: JSONValue = [:], timeout: Double = 60) throws -> ProviderSite {
        let options: [String: JSONValue] = [
            "command": .array(command.map { .string($0) }), "data": data, "timeout": .number(timeout),
        ]
        return ProviderSite(
            name: "lab", options: try ExecProvider.options.bind(.object(options)), installation: "test")
    }

    /// The example with a list of hosts in a directory.
    private func lab(_ directory: TemporaryDirectory, slots: Int = 2) throws -> ProviderSite {
        let hosts = try directory.file(
            "hosts.json", #"[{"host": "gpu-1", "port": 2222, "slots": \#(slots), "account": "jupyter"}]"#)
        return try site(
            [Self.example], ["hosts": .string(hosts), "leases": .string("\(directory.path)/leases.json")])
    }

    @Test(arguments: ProviderPromise.allCases)
    func `the contract is kept by the example`(_ promise: ProviderPromise) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let site = try lab(directory)
        let contract = ProviderContract(
            try ExecProvider(site), restarted: { try ExecProvider(site) },
            makeRequest: { token, session in try .test(token: token, session: session.rawValue) })
        let finding = await contract.check(promise)
        #expect(finding.level == .ok, "\(finding.message)")
    }

    @Test func `a machine comes with what the program says of it, and room is told`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let provider = try ExecProvider(try lab(directory, slots: 1), believing: .seconds(600))
        let leases = Leases()
        #expect(await provider.availability() == Availability(sessions: 1))
        let machine = try await provider.acquire(try .test(), checkpoint: leases.checkpoint)
        #expect(
            machine == Machine(address: MachineAddress(host: "gpu-1", port: 2222), name: "gpu-1", account: "jupyter"))
        #expect(leases.reports == ["gpu-1 is yours"] && leases.all.count == 2)
        // What was said a moment ago is believed; another daemon asks anew.
        #expect(await provider.availability() == Availability(sessions: 1))
        #expect(await (try ExecProvider(try lab(directory, slots: 1))).availability() == Availability(sessions: 0))
        let error = await refusal { _ = try await provider.acquire(try .test(), checkpoint: Leases().checkpoint) }
        #expect(error?.code == .overCapacity && error?.message.contains("no host is free") == true, "\(error as Any)")
        #expect(await provider.examine().map(\.level) == [.ok])
    }

    @Test func `a program that is asked for a machine again is told what it said of it`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let body = #"""
            read -r q; printf '%s\n' "$q" >> \#(directory.path)/asked
            case "$q" in *'"lease":null'*) echo '{"checkpoint": {"id": 7}}'; read x;; esac
            echo '{"result": {"host": "h", "details": {"machine_zone": "north"}}}'
            """#
        let site = try site(["/bin/sh", "-c", body])
        let provider = try ExecProvider(site)
        let token = MachineToken()
        let leases = Leases()
        let machine = try await provider.acquire(
            try .test(["data": ["flavour": "gpu"], "image": "lab:1"], token: token), checkpoint: leases.checkpoint)
        #expect(machine.details == ["machine_zone": "north"])
        // The same again, and by a daemon that was started anew.
        _ = try await provider.acquire(try .test(token: token), checkpoint: leases.checkpoint)
        let restarted = try ExecProvider(site)
        await restarted.resume([try #require(leases.all.last)])
        _ = try await restarted.acquire(try .test(token: token), checkpoint: leases.checkpoint)
        try await restarted.release(try #require(leases.all.last), .keep)
        #expect(try #require(leases.all.last).payload.contains(#""id":7"#))
        let text = String(decoding: try Data(contentsOf: URL(filePath: "\(directory.path)/asked")), as: UTF8.self)
        let call = try #require(PluginProtocol.calls.first { $0.role == .provider && $0.action == "acquire" })
        let asked = try text.split(separator: "\n").map {
            try call.wholeQuestion.bind(JSONSource(file: "question", text: String($0)))
        }
        #expect(asked.map { $0["lease"] } == [nil, ["id": 7], ["id": 7]])
        #expect(asked[0]["options"] == ["flavour": "gpu"] && asked[0]["image"] == "lab:1")
        #expect(asked[0]["token"] == .string(token.rawValue) && asked[0]["installation"] == "test")
    }

    @Test(arguments: [
        (#"{"host": "a/b"}"#, "'host'"), (#"{"host": "-oProxyCommand=x"}"#, "'host'"), (#"{"host": ""}"#, "'host'"),
        (#"{"host": "h", "details": {"endpoint": "x"}}"#, "machine_"), (#"{"host": "h", "port": 0}"#, "'port'"),
    ])
    func `a machine that is none is refused`(result: String, word: String) async throws {
        let provider = try ExecProvider(try site(["/bin/sh", "-c", #"echo '{"result": \#(result)}'"#]))
        let error = await refusal { _ = try await provider.acquire(try .test(), checkpoint: Leases().checkpoint) }
        #expect(error?.code == .backendFailed && error?.message.contains(word) == true, "\(error as Any)")
    }

    @Test func `a program that cannot be asked has no room, and nothing is believed to be gone`() async throws {
        let provider = try ExecProvider(try site(["/bin/sh", "-c", "exit 3"]))
        #expect(await provider.availability().problem?.contains("status 3") == true)
        let lease = try Lease(ExecLease(token: MachineToken(), answer: nil), by: ExecProvider.kind)
        #expect(await refusal { try await provider.release(lease, .destroy) } != nil)
        #expect(await refusal { _ = try await provider.census() } != nil)
        let strange = try ExecProvider(
            try site(["/bin/sh", "-c", #"echo '{"result": {"machines": [{"token": "x", "description": "y"}]}}'"#]))
        #expect(await refusal { _ = try await strange.census() } != nil)
        #expect(throws: SpawnError.self) { try ExecProvider(try site(["lab"])) }
    }
}
