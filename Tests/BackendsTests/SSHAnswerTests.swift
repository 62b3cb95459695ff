import MultipleSpawner
import Testing

@testable import Backends

/// What other machines may answer, whoever owns them: thousands of answers by chance, made of what could mean something.
@Suite struct `Answers of other machines` {
    private static let pieces = [
        "mark", "mark ", "0", "1", "7", "ended", "running", "rebooted", "unstarted", "session", "label", "state",
        "port",
        "user", "hub", "installation", "host", "i", "h", "one", "../../etc", "-", "--", " ", "  ", "\t", ",", ":", "%",
        "%0",
        "%20", "%00", "%+1", "%FF", "port=", "port=22", "99999999999999999999", "-1", "65536", "80", "127.0.0.1", "::1",
        "fe80::1%eth0", "1.2.3", "٣", "\u{301}", "\u{0}", "\u{1B}[31m", "\r", "\u{2028}", "$(id)", "'", "\"", "\\",
        "SSH-2.0-x", "ä", "😀", "=",
    ]

    private func lines(_ random: inout some RandomNumberGenerator) -> String {
        (0..<Int.random(in: 0...6, using: &random)).map { _ in
            (0..<Int.random(in: 0...6, using: &random)).map { _ in
                (Self.pieces.randomElement(using: &random) ?? "") + (Bool.random(using: &random) ? " " : "")
            }.joined()
        }.joined(separator: "\n")
    }

    @Test func `to the command for a port are a port, an address or nothing`() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let said = lines(&random)
            guard let answer = try? PortAnswer(said) else { continue }
            #expect((1...65535).contains(answer.port), "\(said.debugDescription)")
            #expect(said.contains(String(answer.port)), "\(said.debugDescription)")
            guard let address = answer.address else { continue }
            #expect(SocketAddress(address, port: 1) != nil && said.contains(address), "\(said.debugDescription)")
        }
    }

    @Test func `end no session but by the words for it`() {
        var random = SystemRandomNumberGenerator()
        let text = ShellText(mark: "mark")
        for _ in 0..<20_000 {
            let said = lines(&random)
            let answer = ShellAnswer(
                RemoteAnswer(status: 0, output: Array(said.utf8), errors: Array(lines(&random).utf8)), to: text,
                at: "here")
            for (number, state) in LookProgram.states(answer, count: 2).enumerated() {
                let isTold = said.split(whereSeparator: \.isNewline).contains { line in
                    let words = line.split(separator: " ")
                    return words.count >= 3 && words[0] == "mark" && Int(words[1]) == number
                        && (words[2] == "ended" || words[2] == "rebooted")
                }
                switch state {
                case .running, .unreachable: continue
                case .exited, .lost: #expect(isTold, "\(said.debugDescription) was taken for \(state)")
                }
            }
        }
    }

    @Test func `lead nowhere but back to the account that gave them`() throws {
        var random = SystemRandomNumberGenerator()
        let place = SSHPlace(
            host: "gpu-2", port: 22, user: "alice", keyFile: "/k", certificate: nil, agent: nil, knownHosts: ["/kh"],
            acceptsNew: false, jumps: [])
        let reader = CensusReader(place: place, base: "~/.multiplespawner", installation: "i")
        var found = 0
        for _ in 0..<20_000 {
            let said = "session one\n" + lines(&random)
            let words = said.split(whereSeparator: \.isNewline).map { $0.split(separator: " ") }
            for resident in reader.residents(words) {
                found += 1
                let ssh = try SSHHandle(resident.handle)
                #expect(ssh.place == place && ssh.base == "~/.multiplespawner", "\(said.debugDescription)")
                #expect(ssh.port.map { (1...65535).contains($0) } ?? true)
                let names = resident.identity.map { $0.hub + $0.user + $0.server } ?? ""
                #expect(!names.unicodeScalars.contains { $0.value < 32 }, "\(said.debugDescription)")
            }
        }
        #expect(found > 1_000)
    }

    @Test func `and names, however strange, are one plain word of a file and come back as they were`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<5_000 {
            let name = lines(&random)
            let word = LabelText.encoded(name)
            #expect(
                word.utf8.allSatisfy { byte in
                    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                        || ".-_@%".utf8.contains(byte)
                }, "\(name.debugDescription)")
            #expect(LabelText.decoded(word) == name, "\(name.debugDescription)")
            // What is no such word is refused, or read; it is never the end of the program.
            _ = LabelText.decoded(name)
        }
    }

    @Test func `and options, however strange, name machines or are refused`() {
        var random = SystemRandomNumberGenerator()
        let keys = ["hosts", "user", "ssh_keyfile", "known_hosts", "jump", "host_choice", "conda_env", "path"]
        for _ in 0..<5_000 {
            var options: [String: JSONValue] = [:]
            for key in keys where Bool.random(using: &random) {
                let text = JSONValue.string(lines(&random))
                options[key] = Bool.random(using: &random) ? text : [text, text]
            }
            guard let read = try? SSHOptions(.object(options)), let hosts = try? read.candidates() else { continue }
            for host in hosts {
                #expect(!host.address.host.hasPrefix("-") && !host.address.host.isEmpty)
                #expect(!host.address.host.utf8.contains { $0 <= 32 || "'\"$`;&|\\".utf8.contains($0) })
            }
        }
    }
}
