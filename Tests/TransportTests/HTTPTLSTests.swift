import Glibc
import MultipleSpawner
import Testing

@testable import Transport

/// Against OpenSSL's own server, with authorities made for the test.
@Suite(.timeLimit(.minutes(2))) struct HTTPTLSTests {
    private let client = HTTPClient()

    private func failure(_ request: HTTPRequest) async throws -> HTTPFailure {
        var request = request
        // OpenSSL's server answers no POST; where one gets through, that is not waited for.
        request.limits.whole = .seconds(5)
        return try await #require(throws: HTTPFailure.self) { try await client.send(request) }
    }

    @Test func `a server whose certificate is right is spoken to`() async throws {
        let files = try await Certificates()
        defer { files.remove() }
        let server = try TLSServer(files)
        defer { server.stop() }
        let response = try await client.send(
            HTTPRequest("GET", "https://localhost:\(server.port)/", tls: TLSFiles(authority: files.authority)))
        #expect(response.status == 200)
        #expect(String(decoding: response.body, as: UTF8.self).contains("s_server"))
    }

    @Test func `a certificate of another authority is refused, and nothing was sent`() async throws {
        let files = try await Certificates()
        defer { files.remove() }
        let server = try TLSServer(files)
        defer { server.stop() }
        for tls in [TLSFiles(authority: files.otherAuthority), TLSFiles(), nil] {
            let failure = try await failure(HTTPRequest("POST", "https://localhost:\(server.port)/", tls: tls))
            #expect(failure.kind == .tls)
            #expect(!failure.mayHaveArrived)
        }
    }

    @Test func `a certificate for another name is refused, and nothing was sent`() async throws {
        let files = try await Certificates()
        defer { files.remove() }
        let server = try TLSServer(files)
        defer { server.stop() }
        let tls = TLSFiles(authority: files.authority)
        let failure = try await failure(HTTPRequest("POST", "https://127.0.0.1:\(server.port)/", tls: tls))
        #expect(failure.kind == .tls)
        #expect(!failure.mayHaveArrived)
        // The name may be said apart from the address, and is then what counts.
        let named = HTTPRequest("GET", "https://localhost:\(server.port)/", address: "127.0.0.1", tls: tls)
        #expect(try await client.send(named).status == 200)
        let misnamed = HTTPRequest("GET", "https://other.example:\(server.port)/", address: "127.0.0.1", tls: tls)
        #expect(try await self.failure(misnamed).kind == .tls)
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func `a server that wants a certificate of ours gets it, or refuses before it reads`(_ version: String) async throws
    {
        let files = try await Certificates()
        defer { files.remove() }
        let server = try TLSServer(
            files, ["-Verify", "1", "-verify_return_error", "-CAfile", files.authority, version])
        defer { server.stop() }
        let url = "https://localhost:\(server.port)/"
        let none = try await failure(HTTPRequest("POST", url, tls: TLSFiles(authority: files.authority)))
        #expect(none.kind == .tls, "\(none)")
        #expect(!none.mayHaveArrived)
        let wrong = TLSFiles(
            authority: files.authority, certificate: files.strangerCertificate, key: files.strangerKey)
        let refused = try await failure(HTTPRequest("POST", url, tls: wrong))
        #expect(refused.kind == .tls, "\(refused)")
        #expect(!refused.mayHaveArrived)
        let right = TLSFiles(authority: files.authority, certificate: files.certificate, key: files.key)
        #expect(try await client.send(HTTPRequest("GET", url, tls: right)).status == 200)
    }

    @Test func `files that are not there, or locked, are an error of their own`() async throws {
        let files = try await Certificates()
        defer { files.remove() }
        let server = try TLSServer(files)
        defer { server.stop() }
        let url = "https://localhost:\(server.port)/"
        for tls in [
            TLSFiles(authority: "/no/such.pem"),
            TLSFiles(authority: files.authority, certificate: "/no/such.pem", key: files.key),
            TLSFiles(authority: files.authority, certificate: files.certificate, key: files.lockedKey),
            TLSFiles(authority: files.authority, certificate: files.certificate, key: files.strangerKey),
        ] {
            let failure = try await failure(HTTPRequest("POST", url, tls: tls))
            #expect(failure.kind == .tls, "\(failure)")
            #expect(!failure.mayHaveArrived)
        }
    }

    @Test func `TLS before 1_2 is not spoken, whatever OpenSSL is told to allow`() async throws {
        let files = try await Certificates()
        defer { files.remove() }
        let server = try TLSServer(files, ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"])
        defer { server.stop() }
        let settings = try files.file(
            "openssl.cnf",
            """
            openssl_conf = all
            [all]
            ssl_conf = tls
            [tls]
            system_default = anything
            [anything]
            MinProtocol = TLSv1
            CipherString = DEFAULT@SECLEVEL=0

            """)
        // In a process of its own, whose OpenSSL has not read its settings yet.
        await #expect(processExitsWith: .success) {
            [
                settings = settings as String, port = server.port as Int, authority = files.authority as String
            ] in
            setenv("OPENSSL_CONF", settings, 1)
            let client = HTTPClient()
            let request = HTTPRequest(
                "GET", "https://localhost:\(port)/", limits: HTTPLimits(whole: .seconds(10)),
                tls: TLSFiles(authority: authority))
            let failure = await #expect(throws: HTTPFailure.self) { try await client.send(request) }
            #expect(failure?.kind == .tls)
            client.shutDown()
        }
    }
}

/// Two authorities and what they have signed.
private struct Certificates {
    private let directory: TemporaryDirectory

    var authority: String { "\(directory.path)/ca.pem" }
    var otherAuthority: String { "\(directory.path)/other.pem" }
    var serverCertificate: String { "\(directory.path)/server.pem" }
    var serverKey: String { "\(directory.path)/server.key" }
    var certificate: String { "\(directory.path)/client.pem" }
    var key: String { "\(directory.path)/client.key" }
    var lockedKey: String { "\(directory.path)/locked.key" }
    var strangerCertificate: String { "\(directory.path)/stranger.pem" }
    var strangerKey: String { "\(directory.path)/stranger.key" }

    init() async throws {
        directory = try TemporaryDirectory()
        try await makeAuthority("ca")
        try await makeAuthority("other")
        try await make("server", by: "ca", "subjectAltName=DNS:localhost")
        try await make("client", by: "ca", "extendedKeyUsage=clientAuth")
        try await make("stranger", by: "other", "extendedKeyUsage=clientAuth")
        try await Program.run([
            "openssl", "ec", "-in", key, "-aes256", "-passout", "pass:hush", "-out", lockedKey,
        ])
    }

    private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

    private func makeAuthority(_ name: String) async throws {
        try await Program.run(
            ["openssl", "req", "-x509", "-days", "2", "-subj", "/CN=\(name)"] + Self.newKey + [
                "-keyout", "\(directory.path)/\(name).key", "-out", "\(directory.path)/\(name).pem",
            ])
    }

    private func make(_ name: String, by authority: String, _ extensions: String) async throws {
        let path = "\(directory.path)/\(name)"
        try await Program.run(
            ["openssl", "req", "-subj", "/CN=\(name)"] + Self.newKey + [
                "-keyout", "\(path).key", "-out", "\(path).csr",
            ])
        let file = try directory.file("\(name).ext", extensions)
        try await Program.run([
            "openssl", "x509", "-req", "-days", "2", "-in", "\(path).csr", "-out", "\(path).pem", "-extfile", file,
            "-CA", "\(directory.path)/\(authority).pem", "-CAkey", "\(directory.path)/\(authority).key",
            "-CAcreateserial",
        ])
    }

    func file(_ name: String, _ text: String) throws -> String {
        try directory.file(name, text)
    }

    func remove() {
        directory.remove()
    }
}

/// `openssl s_server`, which answers every GET with a page about itself.
private final class TLSServer {
    private let id: pid_t
    private let output: Int32
    let port: Int

    init(_ files: Certificates, _ options: [String] = []) throws {
        (id, output) = try Program.start(
            [
                "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", files.serverCertificate, "-key",
                files.serverKey, "-www",
            ] + options)
        // "ACCEPT 127.0.0.1:43211"
        var said = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !said.contains("ACCEPT") || said.last != "\n" {
            let count = read(output, &buffer, buffer.count)
            try #require(count > 0, "openssl does not serve")
            said += String(decoding: buffer[..<count], as: UTF8.self)
        }
        let line = try #require(said.split(separator: "\n").last { $0.contains("ACCEPT") })
        port = try #require(line.split(separator: ":").last.flatMap { Int($0) })
    }

    func stop() {
        kill(id, SIGKILL)
        var status: Int32 = 0
        waitpid(id, &status, 0)
        close(output)
    }
}
