import BackendContract
import FoundationEssentials
import MultipleSpawner
import Testing
import Transport

@testable import Backends

/// Servers that a program starts: the example that is given away, and programs that answer badly.
@Suite(.timeLimit(.minutes(5))) struct ExecBackendTests {
    private static let example = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "python/examples/plugin_backend.py").path

    private func options(_ command: [String], _ data: JSONValue = [:], _ more: [String: JSONValue] = [:]) throws
        -> JSONValue
    {
        let own: [String: JSONValue] = ["command": .array(command.map { .string($0) }), "data": data]
        return try ExecBackend.options.bind(.object(own.merging(more) { _, more in more }))
    }

    private func backend(_ options: JSONValue) async -> ExecBackend {
        let backend = ExecBackend(installation: "test")
        await backend.configured(by: [options])
        return backend
    }

    private func plan(
        _ options: JSONValue, _ command: [String] = [], id: SessionID? = nil, user: String = "alice"
    ) throws -> SessionPlan {
        SessionPlan(
            id: try id ?? SessionID("t-\(UInt64.random(in: 0 ... .max))"),
            identity: try SessionIdentity(hub: "test", user: user, server: "lab"), template: "test", backend: "exec",
            options: options,
            environment: [
                "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:0/user/alice/", "JUPYTERHUB_API_TOKEN": "t0k3n-of-alice",
                "PATH": "/usr/bin:/bin",
            ], command: command)
    }

    @Test(arguments: Promise.allCases)
    func `the contract is kept by the example`(_ promise: Promise) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let options = try options([Self.example], ["directory": .string(directory.path)])
        let contract = BackendContract(
            await backend(options), restarted: { await backend(options) },
            makePlan: { scenario, id in
                switch scenario {
                case .plain: try plan(options, [FakeServer.path], id: id)
                case .failing: try plan(options, [FakeServer.path, "--exit", "4"], id: id)
                case .slow: try plan(options, [FakeServer.path, "--delay", "300"], id: id)
                case .ending(let status): try plan(options, [FakeServer.path, "--exit", "\(status)"], id: id)
                case .unreachable: nil
                }
            })
        let finding = await contract.check(promise)
        #expect(finding.level == (promise == .unknownIsNotDead ? .warning : .ok), "\(finding.message)")
    }

    @Test func `a log is told from its beginning, and followed to the end of its server`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let options = try options([Self.example], ["directory": .string(directory.path)])
        let backend = await backend(options)
        let checkpoints = Checkpoints()
        let command = ["/bin/sh", "-c", "seq 20000; exec \(FakeServer.path)"]
        _ = try await backend.start(try plan(options, command), checkpoint: checkpoints.checkpoint)
        let handle = try #require(checkpoints.handles.last)
        let followed = Task {
            try await backend.logs(handle, follow: true).reduce(into: [UInt8]()) { $0 += $1 }
        }
        // A reader that goes away takes its program with it.
        for try await piece in try await backend.logs(handle, follow: true) where !piece.isEmpty { break }
        try await backend.stop(handle, grace: .seconds(2))
        let text = String(decoding: try await followed.value, as: UTF8.self)
        #expect(text.hasPrefix("1\n2\n") && text.contains("\n20000\n"))
        for each in checkpoints.handles { #expect(!each.payload.contains("t0k3n")) }
    }

    @Test func `a program is run for a handle only where an administrator named it`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let command = ["/bin/sh", "-c", "touch \(directory.path)/run"]
        let place = ExecPlace(try options(command))
        let handle = try Handle(
            ExecHandle(session: try SessionID("one"), place: place, answer: nil, hasStarted: true), backend: "exec")
        let backend = await backend(try options([Self.example]))
        guard case .unreachable = await backend.poll([handle])[0].state else {
            Issue.record("a stranger's handle was looked at")
            return
        }
        await #expect(throws: SpawnError.self) { try await backend.stop(handle, grace: .zero) }
        await #expect(throws: SpawnError.self) { try await backend.logs(handle, follow: false) }
        #expect((try? SystemFile.read("\(directory.path)/run")) == nil)
        // What the journal has is ours, also where its template is gone.
        await backend.resume([handle])
        _ = await backend.poll([handle])
        #expect((try? SystemFile.read("\(directory.path)/run")) != nil)
    }

    @Test func `a placeholder in what is the same for all servers is refused`() async throws {
        let backend = await backend(try options([Self.example], ["directory": "/srv/{username}"]))
        let error = await #expect(throws: SpawnError.self) {
            let plan = try plan(try options([Self.example], ["directory": "/srv/alice"]))
            _ = try await backend.start(plan, checkpoint: Checkpoints().checkpoint)
        }
        #expect(error?.code == .invalidRequest && error?.message.contains("'options'") == true)
    }

    @Test(arguments: [
        "exit 0", #"echo '{"result": {"servers": []}}'"#, #"echo '{"error": {"code": "internal", "message": "no"}}'"#,
        #"echo '{"result": {"servers": [{"state": "gone"}]}}'"#, "sleep 600",
    ])
    func `a program that cannot be asked says nothing about its servers`(body: String) async throws {
        let options = try options(["/bin/sh", "-c", body], [:], ["timeout": 1])
        let backend = await backend(options)
        let handle = try Handle(
            ExecHandle(session: try SessionID("one"), place: ExecPlace(options), answer: [:], hasStarted: true),
            backend: "exec")
        guard case .unreachable(let reason) = await backend.poll([handle])[0].state else {
            Issue.record("it was believed")
            return
        }
        #expect(reason.contains("/bin/sh"))
    }

    @Test(arguments: ["h/x", "a b", "-x", "", "user@host", "h:1/"])
    func `an address that is none is refused`(host: String) async throws {
        let body = #"echo '{"result": {"host": "\#(host)", "port": 80}}'"#
        let options = try options(["/bin/sh", "-c", body])
        let backend = await backend(options)
        let error = await #expect(throws: SpawnError.self) {
            _ = try await backend.start(try plan(options), checkpoint: Checkpoints().checkpoint)
        }
        #expect(error?.code == .backendFailed)
    }

    @Test func `a start asks what is declared, and what it may not tell is in no handle`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let body =
            #"read -r q; printf '%s\n' "$q" > \#(directory.path)/q; echo '{"result": {"host": "::1", "port": 80, "handle": 7}}'"#
        let options = try options(
            ["/bin/sh", "-c", body], ["region": "north"],
            ["options": ["password": "p4ssw0rd"], "args": ["--x"], "environment": ["A": "b"], "image": "lab:1"])
        let backend = await backend(options)
        var plan = try plan(options, ["server"])
        plan.certificates = Certificates(key: "k3y", certificate: "c", authorities: "a")
        plan.credentials = Credentials(account: "alice", keyFile: "/k", password: "p4ss")
        let checkpoints = Checkpoints()
        let endpoint = try await backend.start(plan, checkpoint: checkpoints.checkpoint)
        #expect(endpoint == Endpoint(scheme: .https, host: "::1", port: 80))
        #expect(checkpoints.handles.count == 2 && checkpoints.handles.last?.payload.contains(#""answer":7"#) == true)
        let text = String(decoding: try SystemFile.read("\(directory.path)/q"), as: UTF8.self)
        let call = try #require(PluginProtocol.calls.first { $0.role == .backend && $0.action == "start" })
        let question = try call.wholeQuestion.bind(JSONSource(file: "question", text: text))
        #expect(
            question["environment"]?["JUPYTERHUB_API_TOKEN"] == "t0k3n-of-alice" && question["environment"]?["A"] == "b"
        )
        #expect(question["command"] == ["server", "--x"] && question["image"] == "lab:1")
        #expect(question["credentials"]?["password"] == "p4ss" && question["certificates"]?["key"] == "k3y")
        for handle in checkpoints.handles {
            #expect(!["t0k3n", "p4ss", "k3y"].contains { handle.payload.contains($0) }, "\(handle.payload)")
        }
    }
}
