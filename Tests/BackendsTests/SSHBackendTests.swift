import BackendContract
import Foundation
import Glibc
import MultipleSpawner
import Testing
import Transport

@testable import Backends

@Suite(.enabled(if: SSHServer.isInstalled), .serialized) struct `Servers on other machines` {
    @Test(arguments: Promise.allCases, SSHTest.Transport.allCases)
    func `keep the contract of backends`(_ promise: Promise, over transport: SSHTest.Transport) async throws {
        let test = try await SSHTest(transport: transport)
        let finding = await test.contract.check(promise)
        #expect(finding.level == (promise == .unknownIsNotDead ? .warning : .ok), "\(finding.message)")
        #expect(test.directories == [])
        await test.remove()
    }

    @Test(arguments: SSHTest.Transport.allCases)
    func `answer over the tunnel, and the hub is reached from there`(_ transport: SSHTest.Transport) async throws {
        let test = try await SSHTest(transport: transport)
        let hub = try await test.start(
            try test.plan(options: ["ssh_forward_tunnel_client": false], user: "hub"))
        let api = "http://127.0.0.1:\(hub.endpoint.port)/hub/api"
        try await test.answer(hub.handle, hub.endpoint)
        let plan = try test.plan(
            options: ["pre_start": [.string("env >\(test.server.directory.path)/seen")]],
            environment: [
                "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:0/user/alice/", "JUPYTERHUB_API_URL": Secret(api),
                "JUPYTERHUB_ACTIVITY_URL": Secret(api + "/users/alice/activity"), "PATH": "/nowhere",
                "ODD": "a'b\n\"$(touch /tmp/never)\"\\ `x` é",
            ])
        let (handle, endpoint) = try await test.start(plan)
        try await test.answer(handle, endpoint)
        #expect(endpoint.host == "127.0.0.1")
        let http = HTTPClient()
        #expect(try await http.get(endpoint.url + "/user/alice/api") == 200)
        let ssh = try SSHHandle(handle)
        let forwarded = try #require(ssh.hub).port
        #expect(forwarded != hub.endpoint.port)
        #expect(try await http.get("http://127.0.0.1:\(forwarded)/hub/api") == 200)
        let seen = try String(contentsOfFile: "\(test.server.directory.path)/seen", encoding: .utf8)
        #expect(seen.contains("JUPYTERHUB_API_URL=http://127.0.0.1:\(forwarded)/hub/api\n"))
        #expect(seen.contains("JUPYTERHUB_ACTIVITY_URL=http://127.0.0.1:\(forwarded)/hub/api/users/alice/activity\n"))
        #expect(seen.contains("ODD=a'b\n\"$(touch /tmp/never)\"\\ `x` é\n"))
        #expect(!seen.contains("PATH=/nowhere"))
        #expect(seen.contains("JUPYTERHUB_SERVICE_URL=http://127.0.0.1:\(try #require(ssh.port))/user/alice/"))
        http.shutDown()
        try await test.backend.stop(handle, grace: .seconds(2))
        try await test.backend.stop(hub.handle, grace: .seconds(2))
        await test.remove()
    }

    @Test func `that listen at once cost one command`() async throws {
        let test = try await SSHTest(settings: ["LogLevel VERBOSE"])
        // On a busy machine a server may listen too late for the program that started it.
        var fewest = Int.max
        for _ in 0..<5 where fewest > 1 {
            let before = test.server.commands
            let (handle, endpoint) = try await test.start(try test.plan())
            try await test.answer(handle, endpoint)
            fewest = min(fewest, test.server.commands - before)
            try await test.backend.stop(handle, grace: .seconds(2))
        }
        #expect(fewest == 1)
        await test.remove()
    }

    @Test func `that listened once and ended since do not answer`() async throws {
        let test = try await SSHTest()
        let (handle, endpoint) = try await test.start(try test.plan())
        let ssh = try SSHHandle(handle)
        // It may have been too slow for the program that started it.
        test.backend.places.noteListening(ssh.attempt)
        let pid = Int32(try #require(ssh.pid))
        kill(-pid, SIGKILL)
        try await test.wait { kill(pid, 0) != 0 }
        await #expect(throws: SpawnError.self) { try await test.answer(handle, endpoint) }
        try await test.backend.stop(handle, grace: .seconds(2))
        await test.remove()
    }
}

extension HTTPClient {
    /// The status of an answer.
    fileprivate func get(_ url: String) async throws -> Int {
        try await send(HTTPRequest("GET", url)).status
    }
}
