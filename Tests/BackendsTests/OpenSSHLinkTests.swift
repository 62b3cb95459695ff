import Foundation
import Glibc
import MultipleSpawner
import Testing
import Transport

@testable import Backends

@Suite(.enabled(if: SSHServer.isInstalled), .serialized) struct `OpenSSH as a transport` {
    /// A server and a connection to it, for the time of a test.
    private func with(
        settings: [String] = [], _ body: (SSHServer, OpenSSHLink) async throws -> Void
    ) async throws {
        let server = try await SSHServer(settings: settings)
        defer { server.remove() }
        let link = try await OpenSSHLink.connect(to: server.target)
        do {
            try await body(server, link)
        } catch {
            await link.close()
            throw error
        }
        await link.close()
    }

    private func failure(_ target: SSHTarget) async throws -> SpawnError {
        try await #require(throws: SpawnError.self) { try await OpenSSHLink.connect(to: target) }
    }

    @Test func `runs commands as they are`() async throws {
        try await with { _, link in
            let said = try await link.run(RemoteCommand(["printf", "%s|", "a b", "'", "$HOME", "*"]))
            #expect(said.text == "a b|'|$HOME|*|")
            #expect(said.status == 0)
            let script = RemoteCommand(script: "echo out; echo err >&2; exit 7")
            let answer = try await link.run(script)
            #expect(answer.status == 7)
            #expect(answer.text == "out\n")
            #expect(String(decoding: answer.errors, as: UTF8.self) == "err\n")
            // A status of the command's own, although ssh has the same for its failures.
            #expect(try await link.run(RemoteCommand(["sh", "-c", "exit 255"])).status == 255)
        }
    }

    @Test func `carries much in and out, and keeps as much as is wanted`() async throws {
        try await with { _, link in
            let input = [UInt8](repeating: 120, count: 10 << 20)
            let all = try await link.run(
                RemoteCommand(["cat"], input: input, limit: .seconds(60), mostOutput: 20 << 20))
            #expect(all.output == input)
            let some = try await link.run(RemoteCommand(["cat"], input: input, limit: .seconds(60), mostOutput: 1000))
            #expect(some.output.count == 1000)
        }
    }

    @Test func `runs many commands at once, and more than a server takes`() async throws {
        try await with(settings: ["MaxSessions 3"]) { _, link in
            try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<30 {
                    group.addTask { try await link.run(RemoteCommand(["echo", "\(number)"])).text }
                }
                var seen: Set<String> = []
                for try await text in group { seen.insert(text) }
                #expect(seen.count == 30)
            }
        }
    }

    @Test func `ends a command that takes too long, and one that is cancelled`() async throws {
        try await with { _, link in
            let error = try await #require(throws: SpawnError.self) {
                try await link.run(RemoteCommand(["sleep", "30"], limit: .milliseconds(200)))
            }
            #expect(error.code == .timedOut)
            let task = Task { try await link.run(RemoteCommand(["sleep", "30"])) }
            task.cancel()
            await #expect(throws: (any Error).self) { try await task.value }
            #expect(try await link.run(RemoteCommand(["true"])).status == 0)
        }
    }

    @Test func `says who is not believed, and why`() async throws {
        let server = try await SSHServer()
        defer { server.remove() }
        let other = try await SSHServer()
        defer { other.remove() }
        let strangers = "\(server.directory.path)/strangers"
        func write(_ text: String) throws { try text.write(toFile: strangers, atomically: true, encoding: .utf8) }
        var target = server.target
        target.hostKeys = HostKeyPolicy(files: [strangers])
        try write("")
        let unknown = try await failure(target)
        #expect(
            unknown.code == .forbidden && unknown.message.contains("not known") && unknown.message.contains(strangers))
        let key = try String(contentsOfFile: "\(other.directory.path)/host.pub", encoding: .utf8)
        try write("# a comment\n[127.0.0.1]:\(server.port) \(key)")
        let changed = try await failure(target)
        #expect(changed.code == .forbidden && changed.message.contains("\(strangers):2"), "\(changed.message)")
        let own = try String(contentsOfFile: "\(server.directory.path)/host.pub", encoding: .utf8)
        try write("@revoked [127.0.0.1]:\(server.port) \(own)")
        #expect(try await failure(target).message.contains("revoked"))
        try write("")
        target.hostKeys = HostKeyPolicy(files: [strangers], acceptsNew: true)
        try await OpenSSHLink.connect(to: target).close()
        #expect(try String(contentsOfFile: strangers, encoding: .utf8).hasPrefix("[127.0.0.1]:\(server.port) "))
    }

    @Test func `says why nobody lets us in`() async throws {
        let server = try await SSHServer()
        defer { server.remove() }
        var target = server.target
        target.user = "no-such-account"
        let refused = try await failure(target)
        #expect(refused.code == .unauthorized && refused.message.contains("publickey"), "\(refused.message)")
        target = server.target
        target.credential = .key(file: "/no/such/key", certificate: nil, passphrase: nil)
        #expect(try await failure(target).message.contains("/no/such/key"))
        target = server.target
        chmod(server.keyFile, 0o644)
        #expect(try await failure(target).message.contains("chmod 600"))
        chmod(server.keyFile, 0o600)
        target.port = try #require(SocketAddress("127.0.0.1", port: 0)).bindOnce()
        let dead = try await failure(target)
        #expect(dead.code == .unavailable && dead.message.contains("refused"))
        target.host = "no.such.host.invalid"
        #expect(try await failure(target).message.contains("resolved"))
        target.host = "-oProxyCommand=id"
        #expect(try await failure(target).code == .invalidRequest)
    }

    @Test func `opens a key with its passphrase, which is in no file`() async throws {
        let server = try await SSHServer()
        defer { server.remove() }
        try await SSHServer.run(
            "/usr/bin/ssh-keygen", ["-q", "-p", "-P", "", "-N", "pass 'word", "-f", server.keyFile])
        var target = server.target
        target.credential = .key(file: server.keyFile, certificate: nil, passphrase: "pass 'word")
        let link = try await OpenSSHLink.connect(to: target)
        #expect(try await link.run(RemoteCommand(["true"])).status == 0)
        await link.close()
        target.credential = .key(file: server.keyFile, certificate: nil, passphrase: "wrong")
        #expect(try await failure(target).code == .unauthorized)
    }

    @Test func `goes by way of another machine`() async throws {
        let (server, gateway) = (try await SSHServer(), try await SSHServer())
        defer {
            server.remove()
            gateway.remove()
        }
        var target = server.target
        target.jumps = [gateway.target]
        let link = try await OpenSSHLink.connect(to: target)
        #expect(try await link.run(RemoteCommand(["true"])).status == 0)
        await link.close()
        target.jumps[0].hostKeys = HostKeyPolicy(files: [server.knownHosts])
        #expect(try await failure(target).code == .forbidden)
    }

    @Test func `ends with a reason when it is cut, and its tunnels with it`() async throws {
        try await with { server, link in
            let waiting = Task { try await link.run(RemoteCommand(["sleep", "30"])) }
            let tunnel = try await link.listen(
                at: .tcp(host: "127.0.0.1", port: 0), carryingTo: .tcp(host: "127.0.0.1", port: server.port))
            guard case .tcp(_, let port) = tunnel.remote else { return }
            #expect(SocketAddress("127.0.0.1", port: port)?.accepts() == true)
            server.cut()
            #expect(await link.ended().code == .unavailable)
            await #expect(throws: SpawnError.self) { try await waiting.value }
            await #expect(throws: SpawnError.self) { try await link.run(RemoteCommand(["true"])) }
            #expect(SocketAddress("127.0.0.1", port: port)?.accepts() == false)
        }
    }

    @Test func `says where tunnels are forbidden, and where nobody listens`() async throws {
        func carry(_ link: OpenSSHLink, to port: Int, turns: Int = 4) async throws -> SpawnError {
            var pair: [Int32] = [-1, -1]
            socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair)
            let (near, far) = (pair[0], pair[1])
            defer { close(near) }
            do {
                try await link.carry(OpenSocket(owning: far), to: .tcp(host: "127.0.0.1", port: port))
            } catch let error as SpawnError {
                return error
            }
            // `ssh` says nothing of a tunnel that stands, so on a busy machine a refusal may come too late to be one.
            try #require(turns > 0)
            return try await carry(link, to: port, turns: turns - 1)
        }
        let nobody = try #require(SocketAddress("127.0.0.1", port: 0)).bindOnce()
        try await with(settings: ["AllowTcpForwarding no"]) { (server, link) async throws in
            #expect(try await carry(link, to: server.port).code == .forbidden)
            await #expect(throws: SpawnError.self) {
                try await link.listen(
                    at: .tcp(host: "127.0.0.1", port: 0), carryingTo: .tcp(host: "127.0.0.1", port: 1))
            }
        }
        try await with { server, link in
            #expect(try await carry(link, to: nobody).code == .backendFailed)
            let taken = try await #require(throws: SpawnError.self) {
                try await link.listen(
                    at: .tcp(host: "127.0.0.1", port: server.port), carryingTo: .tcp(host: "127.0.0.1", port: 1))
            }
            #expect(taken.code == .conflict)
        }
    }

    @Test func `leaves no process and no file when it is closed`() async throws {
        let before = Set(try SystemFile.names(in: "/tmp").filter { $0.hasPrefix("mspssh-") })
        let server = try await SSHServer()
        defer { server.remove() }
        let link = try await OpenSSHLink.connect(to: server.target)
        let made = Set(try SystemFile.names(in: "/tmp").filter { $0.hasPrefix("mspssh-") }).subtracting(before)
        #expect(made.count >= 1)
        _ = try await link.run(RemoteCommand(["true"]))
        await link.close()
        #expect(await link.ended().code == .unavailable)
    }
}
