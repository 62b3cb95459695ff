import Glibc
import MultipleSpawner
import Testing

@testable import Transport

extension SSHClientTests {
    /// Connections that end, and what is left of them.
    @Suite(.timeLimit(.minutes(3))) struct Losses {
        @Test func `a connection that is cut ends with a reason, and the next one is made`() async throws {
            let server = try await SSHServer()
            defer { server.stop() }
            try await withLinks { links in
                let link = try await links.link(to: server.target())
                let command = Task { try await link.run(RemoteCommand(["sleep", "30"])) }
                try await wait { server.log.contains("Starting session: command") }
                for child in server.children() { kill(child, SIGKILL) }
                let reason = await link.ended()
                #expect(reason.code == .unavailable)
                #expect(reason.message.contains("127.0.0.1:\(server.port)"), "\(reason)")
                let error = await #expect(throws: SpawnError.self) { try await command.value }
                #expect(error?.code == .unavailable)
                await #expect(throws: SpawnError.self) { try await link.run(RemoteCommand(["true"])) }
                let next = try await links.link(to: server.target())
                #expect(try await next.run(RemoteCommand(["true"])).status == 0)
            }
        }

        @Test func `a server that has frozen is taken for lost`() async throws {
            let server = try await SSHServer()
            defer { server.stop() }
            var limits = SSHLimits()
            limits.silence = .seconds(2)
            try await withLinks(limits) { links in
                let link = try await links.link(to: server.target())
                _ = try await link.run(RemoteCommand(["true"]))
                let frozen = server.children()
                for child in frozen { kill(child, SIGSTOP) }
                let begin = ContinuousClock.now
                let reason = await link.ended()
                #expect(reason.message.contains("has not answered"), "\(reason)")
                #expect(begin.duration(to: .now) < .seconds(6))
                for child in frozen { kill(child, SIGKILL) }
            }
        }

        @Test func `a connection that nobody uses lives, and answers its server's own questions`() async throws {
            let server = try await SSHServer(["ClientAliveInterval 1", "ClientAliveCountMax 2"])
            defer { server.stop() }
            var limits = SSHLimits()
            limits.silence = .seconds(4)
            try await withLinks(limits) { links in
                let link = try await links.link(to: server.target())
                try await Task.sleep(for: .seconds(7))
                #expect(try await link.run(RemoteCommand(["echo", "here"])).text == "here\n")
                let again = try await links.link(to: server.target())
                #expect(again as AnyObject === link as AnyObject)
            }
        }

        @Test func `a connection that is idle for long is closed`() async throws {
            let server = try await SSHServer()
            defer { server.stop() }
            var limits = SSHLimits()
            limits.idle = .seconds(1)
            try await withLinks(limits) { links in
                let link = try await links.link(to: server.target())
                _ = try await link.run(RemoteCommand(["sleep", "1.5"]))
                #expect(await link.ended().message.contains("not used"))
                try await wait { server.children().isEmpty }
            }
        }

        @Test func `many who ask at once share one connection`() async throws {
            let server = try await SSHServer()
            defer { server.stop() }
            try await withLinks { links in
                let target = server.target()
                let all = try await withThrowingTaskGroup(of: ObjectIdentifier.self) { group in
                    for _ in 0..<50 {
                        group.addTask {
                            let link = try await links.link(to: target)
                            return ObjectIdentifier(link as AnyObject)
                        }
                    }
                    var all: Set<ObjectIdentifier> = []
                    for try await one in group { all.insert(one) }
                    return all
                }
                #expect(all.count == 1)
                #expect(server.log.split(separator: "\n").filter { $0.contains("Accepted publickey") }.count == 1)
            }
        }

        @Test func `after all is closed no descriptor and no thread is left`() async throws {
            let server = try await SSHServer()
            let echo = try TestListener.echo()
            defer {
                echo.stop()
                server.stop()
            }
            func use() async throws {
                try await withLinks { links in
                    let link = try await links.link(to: server.target())
                    let tunnel = try TunnelListener(on: links, to: .tcp(host: "127.0.0.1", port: echo.port)) { link }
                    let back = try await link.listen(
                        at: .tcp(host: "127.0.0.1", port: 0), carryingTo: .tcp(host: "127.0.0.1", port: echo.port))
                    guard case .tcp(_, let port) = back.remote else { return }
                    for port in [tunnel.port, port] {
                        let socket = try await TestSocket.connect(port: port)
                        await socket.send([1])
                        #expect(await socket.receive(1) == [1])
                        socket.close()
                    }
                    let open = try await TestSocket.connect(port: tunnel.port)
                    await open.send([1])
                    #expect(await open.receive(1) == [1])
                    open.close()
                    let slow = Task { try await link.run(RemoteCommand(["sleep", "9"])) }
                    _ = try await link.run(RemoteCommand(["true"]))
                    slow.cancel()
                    _ = try? await links.link(to: server.target(.password("x"), user: "nobody-here"))
                }
            }
            try await use()
            let before = Self.events
            for _ in 0..<5 { try await use() }
            try await wait { Self.events <= before }
            try await wait { Self.threads == 0 }
            try await wait { Self.connections(to: server.port) == 0 }
        }

        /// Descriptors that threads are woken by.
        private static var events: Int {
            names("/proc/self/fd").filter { name in
                var link = [CChar](repeating: 0, count: 64)
                let count = readlink("/proc/self/fd/\(name)", &link, 64)
                let target = link.prefix(max(0, count)).map(UInt8.init(bitPattern:))
                return String(decoding: target, as: UTF8.self).contains("eventfd")
            }.count
        }

        private static var threads: Int {
            names("/proc/self/task").filter { text("/proc/self/task/\($0)/comm").hasPrefix("ssh") }.count
        }

        /// Connections that stand, or that one side has left open.
        private static func connections(to port: Int) -> Int {
            let hex = String(port, radix: 16, uppercase: true)
            return text("/proc/net/tcp").split(separator: "\n").filter { line in
                let fields = line.split(separator: " ")
                // The sixth state is that of connections which are over.
                return fields.count > 3 && fields[2].hasSuffix(":" + hex) && fields[3] != "06"
            }.count
        }

        private static func text(_ path: String) -> String {
            let opened = open(path, O_RDONLY | O_CLOEXEC)
            guard opened >= 0 else { return "" }
            defer { close(opened) }
            return String(decoding: (try? FileBytes.read(opened, limit: 1 << 24)) ?? [], as: UTF8.self)
        }

        private static func names(_ path: String) -> [String] {
            guard let stream = opendir(path) else { return [] }
            defer { closedir(stream) }
            var names: [String] = []
            while let entry = readdir(stream) {
                names.append(
                    withUnsafePointer(to: &entry.pointee.d_name) {
                        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                    })
            }
            return names
        }
    }
}
