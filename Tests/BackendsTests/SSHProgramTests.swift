import Foundation
import Glibc
import MultipleSpawner
import Subprocess
import SystemPackage
import Testing

@testable import Backends

/// What travels to other machines, run by the shells of this one.
@Suite struct `Programs for other machines` {
    private static let shells: [String] = ["/bin/sh", "/bin/bash", "/bin/dash"].filter { (path: String) in
        access(path, X_OK) == 0
    }

    private func run(
        _ text: ShellText, shell: String = "/bin/sh", after lines: String = "", cut: Int? = nil
    ) async throws -> ShellAnswer {
        let input = Array(lines.utf8) + text.command(limit: .seconds(10)).input
        let result = try await Subprocess.run(
            .path(FilePath(shell)), arguments: ["-s", "--"], input: .array(Array(input.prefix(cut ?? input.count))),
            output: .bytes(limit: 1 << 20), error: .bytes(limit: 1 << 20))
        let status: Int32? = if case .exited(let code) = result.terminationStatus { code } else { nil }
        return ShellAnswer(
            RemoteAnswer(status: status, output: result.standardOutput, errors: result.standardError), to: text,
            at: "here")
    }

    /// Text that a shell would like to make something of.
    private static func hostile(_ random: inout some RandomNumberGenerator) -> String {
        let pieces = [
            "'", "\"", "\\", "$", "`", "$(", ")", "\n", " ", ";", "&", "|", "*", "~", "#", "!", "EOF", "end-of-",
            "'\u{301}", "ä", "日", "\u{C1}\u{142}", "\u{88}\u{81}", "+", "msp-", "\t", "\r", "{", "}", "--", "%s", "\\n",
            "${IFS}", "x",
        ]
        return (0..<Int.random(in: 0...12, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
            .joined()
    }

    /// Takes a free port, of IPv4 or of IPv6.
    private static func bind(_ family: Int32) throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        try #require(descriptor >= 0)
        // Port and address are at places where zeros mean any in both families.
        var bound = sockaddr_in6()
        bound.sin6_family = sa_family_t(family)
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let result = withUnsafeMutablePointer(to: &bound) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, length) + getsockname(descriptor, $0, &length)
            }
        }
        try #require(result == 0)
        return (descriptor, Int(UInt16(bigEndian: bound.sin6_port)))
    }

    @Test(arguments: [1, 200]) func `find who listens, among few and among many`(_ count: Int) async throws {
        let listening = try [AF_INET, AF_INET6].flatMap { family in
            try (0..<count).map { _ in try Self.bind(family) }
        }
        let silent = try Self.bind(AF_INET)
        defer { for each in listening + [silent] { close(each.descriptor) } }
        for each in listening { try #require(listen(each.descriptor, 1) == 0) }
        let sought: [(descriptor: Int32, port: Int)] = [
            listening[0], listening[count / 2], listening[count], listening[count * 2 - 1],
        ]
        for shell in Self.shells {
            for (descriptor, port) in sought + [silent] {
                var text = ShellText()
                text.set("hex", ShellText.hexadecimal(port: port))
                text.add(ShellText.listens)
                text.add("main() { listening=; find_listening; say inodes $listening; }")
                let inodes = try #require(try await run(text, shell: shell)["inodes"])
                var status = stat()
                try #require(fstat(descriptor, &status) == 0)
                #expect(inodes == (port == silent.port ? [] : ["\(status.st_ino)"]), "\(shell), port \(port)")
            }
        }
    }

    @Test func `carry texts as they are`() async throws {
        var random = SystemRandomNumberGenerator()
        let texts = (0..<200).map { _ in Self.hostile(&random) }
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        for shell in Self.shells {
            var text = ShellText()
            text.add("main() {")
            for (number, value) in texts.enumerated() {
                text.set("value", value)
                text.add("printf '%s' \"$value\" >\(directory.path)/\(number)")
            }
            text.add("say done\n}")
            #expect(try await run(text, shell: shell)["done"] != nil)
            for (number, value) in texts.enumerated() {
                let seen = try Data(contentsOf: URL(filePath: "\(directory.path)/\(number)"))
                #expect(Array(seen) == Array(value.utf8), "\(shell)")
            }
        }
    }

    /// The second line is of a shell that has no `printf` of its own.
    @Test(arguments: ["", "printf() { [ -n \"$1\" ] && command printf \"$@\"; }\n"])
    func `write files as they are`(lines: String) async throws {
        var random = SystemRandomNumberGenerator()
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        for shell in Self.shells {
            for _ in 0..<20 {
                let content = (0..<5).map { _ in Self.hostile(&random) }.joined(separator: "\n")
                var text = ShellText()
                text.define("content", printing: content)
                text.add("main() { content >\(directory.path)/file; say done; }")
                #expect(try await run(text, shell: shell, after: lines)["done"] != nil)
                let seen = try Data(contentsOf: URL(filePath: "\(directory.path)/file"))
                #expect(Array(seen) == Array((content + "\n").utf8), "\(shell)")
            }
        }
    }

    @Test func `do nothing when only a part of them arrives`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var text = ShellText()
        text.define("content", printing: "x\ny")
        text.add("main() {\ncontent >\(directory.path)/file\nsay done\n}")
        let length = text.command(limit: .seconds(1)).input.count
        for cut in stride(from: 0, to: length - 12, by: 7) {
            _ = try await run(text, cut: cut)
            #expect(access("\(directory.path)/file", F_OK) != 0, "after \(cut) bytes")
        }
        _ = try await run(text)
        #expect(access("\(directory.path)/file", F_OK) == 0)
    }

    @Test func `are heard among what else a shell says`() {
        let text = ShellText(mark: "mark")
        let said = "welcome\nmark\nmarkstarted 1\nmark started 5 6\n mark started 9\nmark failed no way\n"
        let answer = ShellAnswer(RemoteAnswer(status: 0, output: Array(said.utf8)), to: text, at: "here")
        #expect(answer["started"] == ["5", "6"])
        #expect(answer.failure("starting").message.contains("no way"))
    }

    @Test(arguments: [
        "", "mark", "mark 0", "mark 0 running extra", "mark 7 running", "mark x running", "mark 0 \u{1B}[31m",
    ])
    func `take nothing that was not said for the end of a session`(_ said: String) {
        let text = ShellText(mark: "mark")
        let answer = ShellAnswer(RemoteAnswer(status: 0, output: Array(said.utf8)), to: text, at: "here")
        for state in LookProgram.states(answer, count: 2) {
            switch state {
            case .unreachable, .running: continue
            case .exited, .lost: Issue.record("\(said) was taken for \(state)")
            }
        }
    }

    @Test func `tell how a session ended`() {
        let text = ShellText(mark: "mark")
        let said = "mark 0 ended 3\nmark 1 ended 137\nmark 2 ended\nmark 3 rebooted\nmark 4 running\n"
        let answer = ShellAnswer(RemoteAnswer(status: 0, output: Array(said.utf8)), to: text, at: "here")
        #expect(
            LookProgram.states(answer, count: 5)
                == [.exited(3), .exited(-9), .exited(nil), .lost("the host was rebooted"), .running])
    }

    @Test func `list what an account says, and believe none of it beyond the account`() throws {
        let place = SSHPlace(
            host: "gpu-2", port: 22, user: "alice", keyFile: "/k", certificate: nil, agent: nil, knownHosts: ["/kh"],
            acceptsNew: false, jumps: [])
        let reader = CensusReader(place: place, base: "~/.multiplespawner", installation: "i")
        let said = """
            session ../../etc
            session one
            label hub h
            label user a%20b
            label installation i
            label attempt one-1
            label address 127.0.0.1
            state 4711 12 b-1
            label port 8888
            session two
            label installation other
            session three
            state 1 2 3
            session four
            label user %00
            """
        let lines = said.split(separator: "\n").map { $0.split(separator: " ") }
        let residents = reader.residents(lines)
        #expect(residents.map(\.session.rawValue) == ["one", "four"])
        #expect(residents[0].identity == (try SessionIdentity(hub: "h", user: "a b")))
        #expect(residents[1].identity == nil)
        let ssh = try SSHHandle(residents[0].handle)
        #expect(ssh.place == place)
        #expect(ssh.pid == 4711 && ssh.port == 8888)
    }
}
