import Testing

@testable import Transport

/// Against OpenSSH's own `ssh-keygen`, on files of random names.
@Suite(.timeLimit(.minutes(2))) struct KnownHostsAgreementTests {
    private struct Words {
        var random: any RandomNumberGenerator

        mutating func name(_ letters: String = "abAB.-1", most: Int = 4) -> String {
            var name = ""
            for _ in 0..<Int.random(in: 1...most, using: &random) {
                name.append(letters.randomElement(using: &random) ?? "a")
            }
            return name
        }

        mutating func field() -> String {
            var patterns: [String] = []
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                var pattern = name(Bool.random(using: &random) ? "ab.*?" : "abAB.-1")
                if Int.random(in: 0..<3, using: &random) == 0 { pattern = "[\(pattern)]:2222" }
                patterns.append((Int.random(in: 0..<5, using: &random) == 0 ? "!" : "") + pattern)
            }
            if Int.random(in: 0..<5, using: &random) == 0 {
                return HostPatterns.hashed(HostPatterns.name(name(), port: 22), salt: Array(1...20))
            }
            return patterns.joined(separator: ",")
        }
    }

    /// The lines that `ssh-keygen -F` finds.
    private func found(_ name: String, in file: String) async throws -> [Int] {
        try await ToolRun.of(["ssh-keygen", "-F", name, "-f", file]).text.split(separator: "\n").compactMap { line in
            guard line.hasPrefix("# Host "), let range = line.firstRange(of: "found: line ") else { return nil }
            return Int(line[range.upperBound...].prefix { $0.isNumber })
        }
    }

    @Test func `the same lines are found as ssh-keygen finds, by any name`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        var words = Words(random: SystemRandomNumberGenerator())
        let key = HostKey.sample()
        for round in 0..<8 {
            var lines: [String] = []
            for _ in 0..<30 {
                let marker = ["", "", "", "@revoked ", "@cert-authority "].randomElement() ?? ""
                lines.append("\(marker)\(words.field()) \(key)")
            }
            let file = try directory.file("known\(round)", lines.joined(separator: "\n") + "\n")
            let hosts = try KnownHosts(files: [file])
            for _ in 0..<25 {
                let name = words.name()
                let port = Bool.random() ? 22 : 2222
                let ours = hosts.lines(about: name, port: port)
                let theirs = try await found(port == 22 ? name.lowercased() : "[\(name.lowercased())]:2222", in: file)
                #expect(ours == theirs, "'\(name)' at \(port) in:\n\(lines.joined(separator: "\n"))")
            }
        }
    }

    @Test func `what ssh-keygen -H hashed says what it said before`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        var words = Words(random: SystemRandomNumberGenerator())
        let keys = (0..<6).map { _ in HostKey.sample() }
        var lines: [String] = []
        for key in keys { lines.append("\(words.name()),[\(words.name())]:2222,\(words.name()) \(key)") }
        let file = try directory.file("known", lines.joined(separator: "\n") + "\n")
        let before = try KnownHosts(files: [file])
        #expect(try await ToolRun.of(["ssh-keygen", "-H", "-f", file]).status == 0)
        let after = try KnownHosts(files: [file])
        #expect(after.problems.isEmpty)
        for _ in 0..<300 {
            let (name, port, key) = (words.name(), Bool.random() ? 22 : 2222, keys.randomElement() ?? keys[0])
            let old = before.verdict(on: key, for: name, port: port)
            let new = after.verdict(on: key, for: name, port: port)
            switch (old, new) {
            case (.trusted, .trusted), (.changed, .changed), (.unknown, .unknown): break
            default: Issue.record("'\(name)' at \(port) was \(old) and is \(new)")
            }
        }
    }

    @Test func `what we write is found by ssh-keygen, and its fingerprint is ours`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        let key = HostKey.sample()
        let path = directory.path + "/known"
        try await KnownHostsFile(path).add(key, for: "GPU-2", port: 2222, isHashed: true, comment: "one")
        try await KnownHostsFile(path).add(key, for: "GPU-2")
        #expect(try await found("gpu-2", in: path) == [2])
        #expect(try await found("[gpu-2]:2222", in: path) == [1])
        #expect(try await ToolRun.of(["ssh-keygen", "-lf", path]).text.contains(key.fingerprint))
    }
}
