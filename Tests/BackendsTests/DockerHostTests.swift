import MultipleSpawner
import Testing
import Transport

@testable import Backends

@Suite struct DockerHostTests {
    @Test(arguments: [
        ("unix:///var/run/docker.sock", [DockerHost.Manager.socket("/var/run/docker.sock")]),
        ("/run/docker.sock", [.socket("/run/docker.sock")]),
        ("tcp://localhost", [.plain(host: "localhost", port: 2375)]),
        ("tcp://127.0.0.1:2400/", [.plain(host: "127.0.0.1", port: 2400)]),
        ("127.8.0.1:2400", [.plain(host: "127.8.0.1", port: 2400)]),
        ("tcp://[::1]:2400", [.plain(host: "::1", port: 2400)]),
        ("http://localhost", [.plain(host: "localhost", port: 80)]),
        ("https://manager.example.org", [.tls(host: "manager.example.org", port: 443)]),
        (
            "https://a:1, unix:///b ,https://a:1",
            [.tls(host: "a", port: 1), .socket("/b")]
        ),
    ])
    func `an address is read as Docker's own tools read it`(_ text: String, _ managers: [DockerHost.Manager]) throws {
        #expect(try DockerHost(text).managers == managers)
    }

    @Test(arguments: [
        "", ",", "unix://", "unix://relative.sock", "unix:///" + String(repeating: "x", count: 107), "tcp://",
        "https://", "tcp://localhost:0", "tcp://localhost:65536", "tcp://localhost:x", "tcp://localhost:1:2",
        "tcp://localhost:", "tcp://user@localhost", "tcp://localhost/prefix", "tcp://localhost?x", "tcp://localhost#x",
        "tcp://local host", "https://[::1", "npipe:////./pipe/docker", "fd://", "unix:///a\nb", "localhost\u{301}:1",
    ])
    func `what is no address is refused`(_ text: String) {
        let error = #expect(throws: SpawnError.self) { try DockerHost(text) }
        #expect(error?.code == .invalidRequest)
    }

    @Test(arguments: [
        "tcp://manager", "tcp://10.0.0.1:2375", "http://manager", "tcp://127.evil.example", "tcp://[::2]",
    ])
    func `without TLS only this machine is spoken to, unless the administrator says so`(_ text: String) throws {
        let error = #expect(throws: SpawnError.self) { try DockerHost(text) }
        #expect(error?.message.contains("insecure_tcp") == true)
        #expect(try DockerHost(text, insecureTCP: true).managers.count == 1)
    }

    @Test func `ssh is told apart from what is no address`() {
        let error = #expect(throws: SpawnError.self) { try DockerHost("ssh://admin@manager") }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("once an SSH connection can be made") == true)
    }

    @Test func `the environment means what it means to Docker`() throws {
        #expect(try DockerHost(environment: [:]) == .usual)
        #expect(try DockerHost(environment: ["DOCKER_HOST": ""]) == .usual)
        let secured = try DockerHost(environment: [
            "DOCKER_HOST": "tcp://manager", "DOCKER_TLS_VERIFY": "1", "HOME": "/root",
        ])
        #expect(secured.managers == [.tls(host: "manager", port: 2376)])
        #expect(secured.tls.authority == "/root/.docker/ca.pem")
        let directory = try DockerHost(environment: ["DOCKER_HOST": "tcp://manager:1", "DOCKER_CERT_PATH": "/certs"])
        #expect(directory.managers == [.tls(host: "manager", port: 1)])
        #expect(
            directory.tls == TLSFiles(authority: "/certs/ca.pem", certificate: "/certs/cert.pem", key: "/certs/key.pem")
        )
    }

    @Test func `a template's options win over the environment`() throws {
        let environment = ["DOCKER_HOST": "unix:///environment", "HOME": "/root"]
        let one = try DockerHost(options: ["docker_host": "unix:///option"], environment: environment)
        #expect(one.managers == [.socket("/option")])
        let several = try DockerHost(
            options: [
                "docker_host": ["tcp://a", "tcp://b:1"],
                "tls_config": [
                    "ca_cert": "~/ca.pem", "client_cert": ["/cert.pem", "/key.pem"], "verify": true,
                    "assert_hostname": "swarm.example.org",
                ],
            ], environment: environment)
        #expect(several.managers == [.tls(host: "a", port: 2376), .tls(host: "b", port: 1)])
        #expect(several.tls == TLSFiles(authority: "/root/ca.pem", certificate: "/cert.pem", key: "/key.pem"))
        #expect(several.certificateName == "swarm.example.org")
        let none = try DockerHost(options: ["tls_config": [:]], environment: environment)
        #expect(none.managers == [.socket("/environment")])
        let insecure = try DockerHost(
            options: ["docker_host": "tcp://a", "insecure_tcp": true], environment: environment)
        #expect(insecure.managers == [.plain(host: "a", port: 2375)])
    }

    @Test(
        arguments: [
            ["docker_host": 7], ["docker_host": ["unix:///a", 7]], ["docker_host": []], ["tls_config": "yes"],
            ["tls_config": ["verify": false]], ["tls_config": ["verify": "False"]], ["tls_config": ["verify": 0]],
            ["tls_config": ["assert_hostname": false]], ["tls_config": ["assert_hostname": "False"]],
            ["tls_config": ["client_cert": "/cert.pem"]], ["tls_config": ["client_cert": ["/cert.pem"]]],
            ["tls_config": ["ssl_version": "SSLv3"]],
        ] as [JSONValue])
    func `options that cannot be, or would switch a check off, are refused`(_ options: JSONValue) {
        let error = #expect(throws: SpawnError.self) { try DockerHost(options: options, environment: [:]) }
        #expect(error?.code == .invalidRequest)
    }
}
