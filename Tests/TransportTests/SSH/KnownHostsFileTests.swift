import Glibc
import MultipleSpawner
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(2))) struct KnownHostsFileTests {
    private let key = HostKey.sample()
    private let other = HostKey.sample()

    @Test func `a key is added once, in a private file of a private directory`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        let file = KnownHostsFile(directory.path + "/ssh/known_hosts")
        #expect(try await file.add(key, for: "gpu-1", comment: "by us"))
        #expect(try await !file.add(key, for: "GPU-1"))
        #expect(try await file.add(other, for: "gpu-1"))
        #expect(try directory.text("ssh/known_hosts") == "gpu-1 \(key) by us\ngpu-1 \(other)\n")
        #expect(try directory.mode("ssh") == 0o700)
        #expect(try directory.mode("ssh/known_hosts") == 0o600)
        #expect(try directory.names(under: "ssh") == ["known_hosts", "known_hosts.lock"])
    }

    @Test func `a machine is forgotten by its exact name alone`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        let hashed = HostPatterns.hashed(HostPatterns.name("10.0.0.1", port: 22), salt: Array(1...20))
        let kept = """
            # 10.0.0.1 is gone
            10.0.0.10 \(key)
            210.0.0.1 \(key)
            [10.0.0.1]:2222 \(key)
            10.0.0.? \(key)
            @revoked 10.0.0.1 \(other)
            10.0.0.1 what is this
            """
        let path = try directory.file(
            "known",
            """
            \(kept)
            10.0.0.1 \(key)
            \(hashed) \(key)
              a,10.0.0.1,b   \(key) of three\r
            10.0.0.1,!10.0.0.2 \(key)
            """)
        #expect(try await KnownHostsFile(path).remove("10.0.0.1"))
        #expect(try directory.text("known") == "\(kept)\n  a,b   \(key) of three\r\n")
        #expect(try await !KnownHostsFile(path).remove("10.0.0.1"))
        #expect(try await KnownHostsFile(path).remove("10.0.0.1", port: 2222))
        #expect(try await !KnownHostsFile(path).remove("A", key: other))
        #expect(try await KnownHostsFile(path).remove("A", key: key))
        #expect(try directory.text("known").hasSuffix("  b   \(key) of three\r\n"))
    }

    @Test(arguments: ["|1|AQIDBAUGBwgJCgsMDQ4PEBESExQ=|AQIDBAUGBwgJCgsMDQ4PEBESExQ=", "@revoked", "#b", "|b,c"])
    func `what stands behind a name that is forgotten becomes nothing else`(rest: String) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        let path = try directory.file("known", "a,\(rest) \(key) \(key)\n")
        try await KnownHostsFile(path).remove("a")
        #expect(try directory.text("known") == ",\(rest) \(key) \(key)\n")
        let hosts = try KnownHosts(files: [path])
        #expect(hosts.problems.isEmpty)
        #expect(hosts.verdict(on: key, for: String(rest.split(separator: ",").last ?? "")) != .unknown)
        #expect(hosts.verdict(on: key, for: "x") == .unknown)
    }

    @Test(arguments: ["*", "gpu-?", "!gpu-1"]) func `a pattern is no machine to forget`(_ pattern: String) throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        let text = "!gpu-1,*,gpu-? \(key)\n\(pattern) \(other)\n"
        let path = try directory.file("known", text)
        #expect(try !KnownHostsFile(path).remove(pattern))
        #expect(try directory.text("known") == text)
        #expect(KnownHostsFile.content(Array(text.utf8), without: pattern) == Array(text.utf8))
    }

    @Test func `a machine's keys are replaced by new ones, and the same ones change nothing`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        let path = try directory.file("known", "a,b \(key)\nc \(key)\n")
        let file = KnownHostsFile(path)
        #expect(try await file.replace(with: [other], for: "a"))
        #expect(try await !file.replace(with: [other], for: "a"))
        #expect(try directory.text("known") == "b \(key)\nc \(key)\na \(other)\n")
    }

    @Test(arguments: ["", "a b", "a,b", "*", "a?", "!a", "|1|a", "a\nb", "@revoked", "#a", "[a]:22", "ä"])
    func `a name that would not read back as one is refused`(name: String) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        let error = await #expect(throws: SpawnError.self) {
            try await KnownHostsFile(directory.path + "/known").add(key, for: name)
        }
        #expect(error?.code == .invalidRequest)
        #expect(try await !KnownHostsFile(directory.path + "/known").remove(name))
        #expect(try directory.names().isEmpty)
    }

    @Test func `a symbolic link is not followed, and what it leads to is not touched`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        let target = try directory.file("target", "precious\n")
        symlink(target, directory.path + "/known")
        await #expect(throws: SpawnError.self) {
            try await KnownHostsFile(directory.path + "/known").add(key, for: "a")
        }
        #expect(try directory.text("target") == "precious\n")
    }

    @Test func `a directory that others may write to is refused`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        mkdir(directory.path + "/open", 0o700)
        chmod(directory.path + "/open", 0o777)
        let error = await #expect(throws: SpawnError.self) {
            try await KnownHostsFile(directory.path + "/open/known").add(key, for: "a")
        }
        #expect(error?.message.contains("chmod go-w") == true)
    }

    @Test func `what a writer that was killed left is cleared away by the next`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        _ = try directory.file(".known.1.x.tmp", "half a li")
        try await KnownHostsFile(directory.path + "/known").add(key, for: "a")
        #expect(try directory.names() == ["known", "known.lock"])
    }

    @Test func `many writers in several processes lose nothing`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        let path = directory.path + "/known"
        let file = KnownHostsFile(path)
        // Programs that know nothing of us but the lock.
        let script = """
            for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
              flock "$1.lock" sh -c 'cat "$1" > "$1.$2" 2>/dev/null; echo "$2-$3 $4" >> "$1.$2"; mv "$1.$2" "$1"' \
                sh "$1" "$2" "$i" "$3"
            done
            """
        try await withThrowingTaskGroup(of: Void.self) { [key] group in
            for writer in 1...4 {
                group.addTask {
                    let run = try await ToolRun.of(["sh", "-c", script, "sh", path, "p\(writer)", "\(key)"])
                    #expect(run.status == 0, "\(run.text)")
                }
            }
            for writer in 1...4 {
                group.addTask {
                    for index in 1...12 { try await file.add(key, for: "t\(writer)-\(index)") }
                    for index in 1...6 { try await file.remove("t\(writer)-\(index)") }
                }
            }
            try await group.waitForAll()
        }
        let names = try directory.text("known").split(separator: "\n").map { $0.prefix { $0 != " " } }
        let wanted =
            (1...4).flatMap { writer in (1...12).map { "p\(writer)-\($0)" } }
            + (1...4).flatMap { writer in (7...12).map { "t\(writer)-\($0)" } }
        #expect(names.map(String.init).sorted() == wanted.sorted())
        #expect(try directory.names() == ["known", "known.lock"])
    }

    @Test func `what is no plain file is not replaced`() throws {
        let directory = try TemporaryDirectory()
        defer { directory.removeTree() }
        let inside = try PrivateDirectory(directory.path)
        // What would become of /dev/null, were it named.
        try #require(mkfifo("\(directory.path)/device", 0o600) == 0)
        #expect(throws: SpawnError.self) { try inside.replace("device", with: [1]) }
        var status = stat()
        #expect(lstat("\(directory.path)/device", &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
        #expect(try directory.names() == ["device"])
    }
}
