import Crypto
import Glibc
import MultipleSpawner
import Testing

@testable import Transport

extension SSHClientTests {
    /// Tunnels through a real sshd, both ways.
    @Suite(.timeLimit(.minutes(3))) struct Tunnels {
        private func with(
            _ lines: [String] = [], _ body: (SSHServer, SSHLinks, any SSHLink) async throws -> Void
        ) async throws {
            let server = try await SSHServer(lines)
            defer { server.stop() }
            try await withLinks { links in
                try await body(server, links, links.link(to: server.target()))
            }
        }

        @Test func `what is said at our end is heard at the other, and back`() async throws {
            let echo = try TestListener.echo()
            defer { echo.stop() }
            try await with { _, links, link in
                let tunnel = try TunnelListener(on: links, to: .tcp(host: "127.0.0.1", port: echo.port)) { link }
                let socket = try await TestSocket.connect(port: tunnel.port)
                defer { socket.close() }
                await socket.send(Array("hello".utf8))
                #expect(await socket.receive(5) == Array("hello".utf8))
                await tunnel.close()
                // What is under way goes on; the port is free.
                await socket.send(Array("still".utf8))
                #expect(await socket.receive(5) == Array("still".utf8))
                let again = try TunnelListener(
                    on: links, port: tunnel.port, to: .tcp(host: "127.0.0.1", port: echo.port)
                ) { link }
                #expect(again.port == tunnel.port)
                await again.close()
            }
        }

        @Test func `each way has its own end`() async throws {
            let server = try TestListener { connection in
                var count = 0
                while true {
                    let bytes = connection.receiveSome()
                    if bytes.isEmpty { break }
                    count += bytes.count
                }
                _ = connection.sendAll(Array("\(count)".utf8))
            }
            defer { server.stop() }
            try await with { _, links, link in
                let tunnel = try TunnelListener(on: links, to: .tcp(host: "127.0.0.1", port: server.port)) { link }
                let socket = try await TestSocket.connect(port: tunnel.port)
                defer { socket.close() }
                await socket.send([UInt8](repeating: 1, count: 1_000_000))
                socket.endSending()
                #expect(await socket.receiveToEnd() == Array("1000000".utf8))
            }
        }

        @Test func `a socket in the file system there is reached too`() async throws {
            try await with { server, links, link in
                let path = server.directory.path + "/echo"
                let echo = try TestListener.echo(path: path)
                defer { echo.stop() }
                let tunnel = try TunnelListener(on: links, to: .unixSocket(path: path)) { link }
                let socket = try await TestSocket.connect(port: tunnel.port)
                defer { socket.close() }
                await socket.send(Array("hello".utf8))
                #expect(await socket.receive(5) == Array("hello".utf8))
            }
        }

        @Test func `what nobody listens at is an error, and the connection stands`() async throws {
            try await with { _, _, link in
                let port = try TestSocket.freePort()
                for _ in 0..<3 {
                    let error = await #expect(throws: SpawnError.self) {
                        try await link.carry(Self.halfPair(), to: .tcp(host: "127.0.0.1", port: port))
                    }
                    #expect(error?.code == .backendFailed)
                    #expect(error?.message.contains("127.0.0.1:\(port)") == true)
                }
                #expect(try await link.run(RemoteCommand(["true"])).status == 0)
            }
        }

        @Test func `a machine that forbids forwarding is told so, both ways`() async throws {
            try await with(["AllowTcpForwarding no"]) { _, _, link in
                let error = await #expect(throws: SpawnError.self) {
                    try await link.carry(Self.halfPair(), to: .tcp(host: "127.0.0.1", port: 1))
                }
                #expect(error?.code == .forbidden)
                #expect(error?.message.contains("AllowTcpForwarding") == true)
                let back = await #expect(throws: SpawnError.self) {
                    _ = try await link.listen(
                        at: .tcp(host: "127.0.0.1", port: 0), carryingTo: .tcp(host: "127.0.0.1", port: 1))
                }
                #expect(back?.code == .forbidden)
            }
        }

        @Test func `programs there reach a port and a socket here`() async throws {
            try await with { server, _, link in
                let path = server.directory.path + "/echo"
                let (tcp, unix) = (try TestListener.echo(), try TestListener.echo(path: path))
                defer {
                    tcp.stop()
                    unix.stop()
                }
                for local in [TunnelEnd.tcp(host: "127.0.0.1", port: tcp.port), .unixSocket(path: path)] {
                    let tunnel = try await link.listen(at: .tcp(host: "127.0.0.1", port: 0), carryingTo: local)
                    guard case .tcp(_, let port) = tunnel.remote else { return }
                    let sockets = try await Self.sockets(20, port)
                    for (number, socket) in sockets.enumerated() { await socket.send(Array("hello \(number)".utf8)) }
                    for (number, socket) in sockets.enumerated() {
                        let hello = Array("hello \(number)".utf8)
                        #expect(await socket.receive(hello.count) == hello)
                    }
                    let taken = await #expect(throws: SpawnError.self) {
                        _ = try await link.listen(at: .tcp(host: "127.0.0.1", port: port), carryingTo: local)
                    }
                    #expect(taken?.code == .conflict)
                    await tunnel.close()
                    for socket in sockets {
                        #expect(await socket.receive(1) == [], "ended with the tunnel")
                        socket.close()
                    }
                    try await wait { await Self.isClosed(port) }
                }
            }
        }

        @Test func `who connects while there is no connection waits for it`() async throws {
            let echo = try TestListener.echo()
            defer { echo.stop() }
            let server = try await SSHServer()
            let target = server.target()
            try await withLinks { links in
                let tunnel = try TunnelListener(on: links, to: .tcp(host: "127.0.0.1", port: echo.port)) {
                    try await links.link(to: target)
                }
                let first = try await TestSocket.connect(port: tunnel.port)
                await first.send([1])
                #expect(await first.receive(1) == [1])
                // The server goes away and comes back at its port; the tunnel's address stays.
                for child in server.children() { kill(child, SIGKILL) }
                #expect(await first.receive(1) == [])
                first.close()
                let second = try await TestSocket.connect(port: tunnel.port)
                await second.send([2])
                #expect(await second.receive(1) == [2])
                second.close()
                await tunnel.close()
                server.stop()
                let impatient = try TunnelListener(
                    on: links, to: .tcp(host: "127.0.0.1", port: echo.port), patience: .milliseconds(500)
                ) { try await links.link(to: target) }
                let third = try await TestSocket.connect(port: impatient.port)
                #expect(await third.receive(1) == [], "it was turned away")
                third.close()
            }
        }

        @Test func `a hundred megabytes arrive whole, about as fast as with ssh`() async throws {
            let count = 100_000_000
            let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 167 >> 5) }
            var hash = SHA256()
            for _ in 0..<100 { hash.update(data: bytes) }
            let right = Array(hash.finalize())
            let source = try TestListener { connection in
                for _ in 0..<100 where !connection.sendAll(bytes) { break }
            }
            defer { source.stop() }
            try await with { server, links, link in
                let tunnel = try TunnelListener(on: links, to: .tcp(host: "127.0.0.1", port: source.port)) { link }
                let port = try TestSocket.freePort()
                let (ssh, output) = try Program.start([
                    "ssh", "-F", "none", "-N", "-p", "\(server.port)", "-i", server.key, "-o", "IdentitiesOnly=yes",
                    "-o", "UserKnownHostsFile=\(server.knownHosts)", "-L", "127.0.0.1:\(port):127.0.0.1:\(source.port)",
                    "\(server.account)@127.0.0.1",
                ])
                defer {
                    kill(ssh, SIGKILL)
                    var status: Int32 = 0
                    waitpid(ssh, &status, 0)
                    close(output)
                }
                try await wait { await !Self.isClosed(port) }
                var times: [[Double]] = [[], []]
                for _ in 0..<3 {
                    for (index, port) in [tunnel.port, port].enumerated() {
                        let begin = ContinuousClock.now
                        let socket = try await TestSocket.connect(port: port)
                        let (got, digest) = await TestSocket.blocking { () -> (Int, [UInt8]) in
                            var (got, hash) = (0, SHA256())
                            while true {
                                let piece = socket.receiveSome(262_144)
                                if piece.isEmpty { break }
                                got += piece.count
                                hash.update(data: piece)
                            }
                            return (got, Array(hash.finalize()))
                        }
                        socket.close()
                        #expect(got == count)
                        #expect(digest == right)
                        times[index].append(begin.duration(to: .now) / .seconds(1))
                    }
                }
                let (ours, theirs) = (times[0].sorted()[1], times[1].sorted()[1])
                print("100 MB: ours \(100 / ours) MB/s, ssh -L \(100 / theirs) MB/s, ratio \(theirs / ours)")
            }
        }

        @Test func `fifty tunnels stay quick while one floods`() async throws {
            let echo = try TestListener.echo()
            let flood = try TestListener { connection in
                let bytes = [UInt8](repeating: 7, count: 1 << 20)
                while connection.sendAll(bytes) {}
            }
            defer {
                echo.stop()
                flood.stop()
            }
            try await with { _, links, link in
                let quick = try TunnelListener(on: links, to: .tcp(host: "127.0.0.1", port: echo.port)) { link }
                let heavy = try TunnelListener(on: links, to: .tcp(host: "127.0.0.1", port: flood.port)) { link }
                let noisy = try await TestSocket.connect(port: heavy.port)
                let stuck = try await TestSocket.connect(port: heavy.port)
                let reader = Task {
                    await TestSocket.blocking { () -> Int in
                        var count = 0
                        while true {
                            let piece = noisy.receiveSome(1 << 18)
                            if piece.isEmpty { return count }
                            count += piece.count
                        }
                    }
                }
                let sockets = try await Self.sockets(50, quick.port)
                var slowest = Duration.zero
                for round in 0..<5 {
                    for socket in sockets {
                        let begin = ContinuousClock.now
                        await socket.send([UInt8(round)])
                        #expect(await socket.receive(1) == [UInt8(round)])
                        slowest = max(slowest, begin.duration(to: .now))
                    }
                }
                print("the slowest of 250 round trips beside a flood: \(slowest)")
                #expect(slowest < .seconds(2))
                #expect(try await link.run(RemoteCommand(["echo", "x"])).text == "x\n")
                shutdown(noisy.descriptor, Int32(SHUT_RDWR))
                #expect(await reader.value > 0)
                for socket in sockets + [noisy, stuck] { socket.close() }
            }
        }

        // MARK: Parts

        private static func halfPair() -> OpenSocket {
            var ends: [Int32] = [-1, -1]
            socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends)
            close(ends[1])
            return OpenSocket(owning: ends[0])
        }

        private static func sockets(_ count: Int, _ port: Int) async throws -> [TestSocket] {
            var sockets: [TestSocket] = []
            for _ in 0..<count { sockets.append(try await TestSocket.connect(port: port)) }
            return sockets
        }

        private static func isClosed(_ port: Int) async -> Bool {
            let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            defer { close(socket) }
            guard let address = InternetAddress.resolve("127.0.0.1", port: port, isNumeric: true).0.first else {
                return true
            }
            return address.connect(socket) != 0
        }
    }
}
