import Glibc
import MultipleSpawner
import Testing

@testable import Transport

extension SSHClientTests {
    /// Commands on a real sshd.
    @Suite(.timeLimit(.minutes(3))) struct Commands {
        private func with(
            _ lines: [String] = [], _ limits: SSHLimits = SSHLimits(),
            _ body: (SSHServer, any SSHLink) async throws -> Void
        ) async throws {
            let server = try await SSHServer(lines)
            defer { server.stop() }
            try await withLinks(limits) { links in
                try await body(server, links.link(to: server.target()))
            }
        }

        @Test func `a command tells its output, its errors and its status`() async throws {
            try await with { server, link in
                #expect(link.place == "\(server.account)@127.0.0.1:\(server.port)")
                let answer = try await link.run(RemoteCommand(["sh", "-c", "echo out; echo err >&2; exit 7"]))
                #expect(answer == RemoteAnswer(status: 7, output: Array("out\n".utf8), errors: Array("err\n".utf8)))
                let script = try await link.run(RemoteCommand(script: "echo \"$1 $2\"", arguments: ["it's", "$HOME"]))
                #expect(script.text == "it's $HOME\n")
                #expect(script.status == 0)
            }
        }

        @Test func `a signal is told by its name`() async throws {
            try await with { _, link in
                let answer = try await link.run(RemoteCommand(script: "kill -TERM $$"))
                #expect(answer.signal == "TERM")
                #expect(answer.status == nil)
            }
        }

        @Test func `of large output as much is kept as is wanted, and all is read`() async throws {
            try await with { _, link in
                let all = try await link.run(
                    RemoteCommand(["head", "-c", "20000000", "/dev/zero"], limit: .seconds(60), mostOutput: 30_000_000))
                #expect(all.output.count == 20_000_000)
                let some = try await link.run(
                    RemoteCommand(["sh", "-c", "head -c 5000000 /dev/zero; exit 3"], mostOutput: 1000))
                #expect(some.output.count == 1000)
                #expect(some.status == 3)
            }
        }

        @Test func `ten megabytes of input arrive as they are`() async throws {
            try await with { _, link in
                let input = (0..<10_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
                let echo = try await link.run(
                    RemoteCommand(["cat"], input: input, limit: .seconds(60), mostOutput: input.count + 1))
                #expect(echo.output == input)
                // Who does not read it ends all the same.
                let deaf = try await link.run(RemoteCommand(["true"], input: input))
                #expect(deaf.status == 0)
            }
        }

        @Test func `two hundred commands at once all end well`() async throws {
            // An account of its own has a shell that reads no file first, which root's may do for long.
            let isQuick = await SSHServer.canHideFiles
            let server = try await SSHServer(passwords: isQuick ? ["ssh-tester": "unused"] : [:])
            defer { server.stop() }
            try await withLinks { links in
                let target = server.target(user: isQuick ? "ssh-tester" : nil)
                let begin = ContinuousClock.now
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for number in 0..<200 {
                        group.addTask {
                            let command = RemoteCommand(["sh", "-c", "sleep 0.1; echo \(number)"])
                            return try await links.link(to: target).run(command).text == "\(number)\n"
                        }
                    }
                    var right = 0
                    for try await isRight in group where isRight { right += 1 }
                    #expect(right == 200)
                }
                print("200 commands of 0.1 s at once: \(begin.duration(to: .now))")
                let first = try await links.link(to: target)
                let one = ContinuousClock.now
                for _ in 0..<20 { _ = try await first.run(RemoteCommand(["true"])) }
                print("one command on a connection that stands: \(one.duration(to: .now) / 20)")
            }
        }

        @Test func `a cancelled command is waited for no longer, and the next one runs`() async throws {
            try await with { _, link in
                let begin = ContinuousClock.now
                let task = Task { try await link.run(RemoteCommand(["sh", "-c", "echo; exec sleep 30"])) }
                try await Task.sleep(for: .milliseconds(200))
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
                #expect(begin.duration(to: .now) < .seconds(5))
                #expect(try await link.run(RemoteCommand(["echo", "next"])).text == "next\n")
            }
        }

        @Test func `a command that takes too long is an error of time`() async throws {
            try await with { _, link in
                let error = await #expect(throws: SpawnError.self) {
                    try await link.run(RemoteCommand(["sleep", "30"], limit: .milliseconds(300)))
                }
                #expect(error?.code == .timedOut)
                let next = try await link.run(RemoteCommand(["echo", "next"]))
                #expect(next.text == "next\n")
            }
        }

        @Test func `what is followed comes as it is said, at the pace of its reader`() async throws {
            try await with { _, link in
                let script = "echo one; echo two >&2; sleep 0.3; head -c 5000000 /dev/zero"
                var begin = ""
                var count = 0
                for try await piece in try await link.follow(RemoteCommand(script: script)) {
                    if count < 8 { begin += String(decoding: piece.prefix(8 - count), as: UTF8.self) }
                    count += piece.count
                    if count < 1_000_000 { try await Task.sleep(for: .milliseconds(5)) }
                }
                #expect(Set(begin.split(separator: "\n")) == ["one", "two"])
                #expect(count == 5_000_008)
                let failing = try await link.follow(RemoteCommand(["sh", "-c", "echo said; exit 5"]))
                var said: [UInt8] = []
                for try await piece in failing { said += piece }
                #expect(said == Array("said\n".utf8), "its status is not the reader's")
            }
        }

        @Test func `letting go of what is followed ends it`() async throws {
            try await with { server, link in
                do {
                    let stream = try await link.follow(
                        RemoteCommand(["sh", "-c", "while echo x; do sleep 0.05; done"]))
                    for try await _ in stream { break }
                }
                try await wait { try await link.run(RemoteCommand(["pgrep", "-f", "while echo [x]"])).status == 1 }
            }
        }

        @Test func `a reader that was cancelled before it reads ends what is followed, though others hold it`()
            async throws
        {
            try await with { server, link in
                let stream = try await link.follow(RemoteCommand(["sh", "-c", "while echo y; do sleep 0.05; done"]))
                let reading = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    for try await _ in stream {}
                }
                _ = try? await reading.value
                try await wait { try await link.run(RemoteCommand(["pgrep", "-f", "while echo [y]"])).status == 1 }
                withExtendedLifetime(stream) {}
            }
        }

        @Test func `a server that takes two sessions at once is kept to that`() async throws {
            try await with(["MaxSessions 2"]) { _, link in
                try await withThrowingTaskGroup(of: Int32?.self) { group in
                    for _ in 0..<20 {
                        group.addTask { try await link.run(RemoteCommand(["sh", "-c", "sleep 0.05; exit 4"])).status }
                    }
                    for try await status in group { #expect(status == 4) }
                }
            }
        }

        @Test func `a session for none is told with what to do`() async throws {
            try await with(["MaxSessions 0"]) { _, link in
                let error = await #expect(throws: SpawnError.self) { try await link.run(RemoteCommand(["true"])) }
                #expect(error?.message.contains("MaxSessions") == true)
            }
        }

        @Test func `new keys are agreed on while much is under way`() async throws {
            try await with(["RekeyLimit 1M"]) { _, link in
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for number in 0..<4 {
                        group.addTask {
                            let input = [UInt8](repeating: UInt8(number), count: 5_000_000)
                            let answer = try await link.run(
                                RemoteCommand(["cat"], input: input, limit: .seconds(60), mostOutput: input.count))
                            return answer.output == input
                        }
                    }
                    for try await isRight in group { #expect(isRight) }
                }
            }
        }
    }
}
