import Glibc
import MultipleSpawner
import Testing

@testable import Backends

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite struct DockerRegistryTests {
    @Test(arguments: [
        ("ubuntu", "docker.io"), ("ubuntu:22.04", "docker.io"), ("jupyter/base-notebook", "docker.io"),
        ("a/b/c", "docker.io"), ("docker.io/library/ubuntu", "docker.io"), ("index.docker.io/a/b", "docker.io"),
        ("localhost/x", "localhost"), ("localhost:5000/x", "localhost:5000"), ("registry:5000/x", "registry:5000"),
        ("registry.example.com/x:1", "registry.example.com"), ("Registry/x", "registry"), ("ubuntu:5000", "docker.io"),
        ("x@sha256:0123", "docker.io"), ("registry.example.com:443/a/b@sha256:01", "registry.example.com:443"),
        ("", "docker.io"), ("/x", "docker.io"),
    ])
    func `an image's registry is found by Docker's own rule`(_ image: String, _ registry: String) {
        #expect(RegistryCredentials.registry(ofImage: image) == registry)
    }

    /// What Docker reads out of the header.
    private func decoded(_ header: Secret?) throws -> [String: String] {
        let text = try #require(header).reveal()
        #expect(!text.contains("+") && !text.contains("/"))
        let standard = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        return try JSONDecoder().decode([String: String].self, from: try #require(Data(base64Encoded: standard)))
    }

    private func credentials(_ config: String, _ settings: JSONValue? = nil) throws -> RegistryCredentials {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = "\(directory.path)/config.json"
        try #require(FileManager.default.createFile(atPath: path, contents: Data(config.utf8)))
        return try RegistryCredentials.load(dockerConfig: path, registries: settings)
    }

    @Test func `logins of Docker's configuration are found for their images`() throws {
        let both = Data("alice:pa:ss?>~\u{FC}\0\0".utf8).base64EncodedString()
        let credentials = try credentials(
            """
            {"auths": {
                "https://index.docker.io/v1/": {"auth": "\(both)"},
                "https://registry.example.com/v2/": {"username": "bob", "password": "secret"},
                "token.example.com:5000": {"auth": "\(both)", "identitytoken": "long"},
                "empty.example.com": {}
            }, "HttpHeaders": {"User-Agent": "x"}}
            """)
        #expect(
            try decoded(credentials.header(forImage: "jupyter/base-notebook"))
                == ["username": "alice", "password": "pa:ss?>~ü", "serveraddress": "https://index.docker.io/v1/"])
        #expect(
            try decoded(credentials.header(forImage: "registry.example.com/x"))
                == ["username": "bob", "password": "secret", "serveraddress": "registry.example.com"])
        #expect(
            try decoded(credentials.header(forImage: "token.example.com:5000/x"))
                == ["identitytoken": "long", "serveraddress": "token.example.com:5000"])
        #expect(credentials.header(forImage: "token.example.com/x") == nil)
        #expect(credentials.header(forImage: "empty.example.com/x") == nil)
        #expect(credentials.findings.isEmpty)
        #expect(credentials.registries == ["docker.io", "registry.example.com", "token.example.com:5000"])
    }

    @Test func `the settings win, with a password from a file`() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let file = "\(directory.path)/password"
        try #require(FileManager.default.createFile(atPath: file, contents: Data("from file\n".utf8)))
        let credentials = try credentials(
            #"{"auths": {"registry.example.com": {"username": "bob", "password": "secret"}}}"#,
            ["registry.example.com": ["username": "hub", "password_file": .string(file)]])
        #expect(
            try decoded(credentials.header(forImage: "registry.example.com/x"))
                == ["username": "hub", "password": "from file", "serveraddress": "registry.example.com"])
    }

    @Test func `helpers of Docker's client are named as not supported`() throws {
        let credentials = try credentials(
            #"{"credsStore": "desktop", "credHelpers": {"gcr.io": "gcloud"}, "auths": {"a": {"auth": "!"}}}"#)
        #expect(credentials.findings.count == 3)
        #expect(credentials.findings.allSatisfy { $0.level == .warning })
        for word in ["desktop", "gcloud", "gcr.io", "'a'"] {
            #expect(credentials.findings.contains { $0.message.contains(word) })
        }
        #expect(credentials.registries.isEmpty)
    }

    @Test func `passwords are printed nowhere`() throws {
        let credentials = try credentials(
            #"{"auths": {"registry.example.com": {"username": "bob", "password": "hush"}}}"#)
        var dumped = ""
        dump(credentials, to: &dumped)
        let printed = "\(credentials)\(String(reflecting: credentials))\(dumped)"
        #expect(!printed.contains("hush"))
        let broken = #expect(throws: SpawnError.self) { try self.credentials(#"{"auths": {"a": {"password": "hush" "#) }
        let told = String(reflecting: broken) + (broken?.cause ?? "")
        #expect(!told.contains("hush"))
    }

    @Test(
        arguments: [
            "x", ["registry.example.com": "x"], ["registry.example.com": ["username": "x"]],
            ["registry.example.com": ["username": "x", "password": "y"]],
            ["registry.example.com": ["username": "x", "password_file": "/no/such/file"]],
            ["registry.example.com": ["username": "x", "password_file": "/dev/null"]],
            ["registry.example.com": ["username": "", "password_file": "/etc/hostname"]],
        ] as [JSONValue])
    func `settings that give no password are refused`(_ settings: JSONValue) {
        let error = #expect(throws: SpawnError.self) { try credentials("{}", settings) }
        #expect(error?.code == .invalidRequest)
    }

    @Test func `a configuration that is not there is none`() throws {
        let none = try RegistryCredentials.load(dockerConfig: "/no/such/config.json")
        #expect(none.registries.isEmpty && none.header(forImage: "x") == nil)
        #expect(RegistryCredentials.usualDockerConfig(environment: ["HOME": "/root"]) == "/root/.docker/config.json")
        #expect(
            RegistryCredentials.usualDockerConfig(environment: ["HOME": "/root", "DOCKER_CONFIG": "/c"])
                == "/c/config.json")
    }

    @Test func `a login that was renewed is used, without a new start of the daemon`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = "\(directory.path)/config.json"
        func write(_ password: String) throws {
            let auth = Data("alice:\(password)".utf8).base64EncodedString()
            try Data("{\"auths\": {\"r.example.com\": {\"auth\": \"\(auth)\"}}}".utf8).write(to: URL(filePath: path))
        }
        let logins = RegistryLogins(dockerConfig: path, registries: nil)
        for password in ["old", "new"] {
            try write(password)
            let header = try await logins.read().header(forImage: "r.example.com/x")
            #expect(try decoded(header)["password"] == password)
        }
    }

    @Test func `a broken file ends a start where somebody has named it, and is a finding where nobody has`() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = "\(directory.path)/config.json"
        try Data("{broken".utf8).write(to: URL(filePath: path))
        #expect(throws: SpawnError.self) { try RegistryLogins(dockerConfig: path, registries: nil).readNow() }
        let usual = RegistryLogins(
            dockerConfig: nil, environment: ["DOCKER_CONFIG": directory.path], registries: nil)
        let finding = try #require(try usual.readNow().findings.first)
        #expect(finding.level == .warning && finding.message.contains("not as Docker writes it"))
    }
}
