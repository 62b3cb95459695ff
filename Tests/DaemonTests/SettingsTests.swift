import MultipleSpawner
import Testing

@testable import Daemon

@Suite struct SettingsTests {
    private func settings(
        _ arguments: [Settings.Key: String] = [:], _ environment: [String: String] = [:], _ file: String = "{}"
    ) throws -> Settings {
        let bound = try Settings.shape.bind(JSONSource(file: "config", text: file))
        return try Settings(
            arguments: arguments, environment: ["HOME": "/home/hub"].merging(environment) { $1 }, file: bound)
    }

    @Test func `the command line wins over the environment, and that over the file`() throws {
        let file = #"{"templates": "/file.json", "socket": "/file.sock", "state_dir": "/file"}"#
        let environment = ["MULTIPLE_SPAWNER_TEMPLATE_FILE": "/env.json", "MULTIPLE_SPAWNER_SOCKET": "/env.sock"]
        let settings = try settings([.templates: "/argument.json"], environment, file)
        #expect(settings.templates == "/argument.json")
        #expect(settings.socket == "/env.sock")
        #expect(settings.stateDirectory == "/file")
    }

    @Test func `the originals' variables are read`() throws {
        let settings = try settings(
            [:],
            [
                "MULTIPLE_SPAWNER_TEMPLATE_FILE": "~/t.json", "MULTIPLE_SPAWNER_DEPLOYMENT_FILE": "/d.json",
                "MULTIPLE_SPAWNER_PROVIDERS_FILE": "/p.json", "MULTIPLE_SPAWNER_CONFIGURER_RESOURCES_PATH": "/books",
            ])
        #expect(settings.templates == "/home/hub/t.json")
        #expect(settings.deployments == "/d.json")
        #expect(settings.providers == "/p.json")
        #expect(settings.playbooks == "/books")
    }

    @Test func `the defaults are in the home directory`() throws {
        let settings = try settings()
        #expect(settings.stateDirectory == "/home/hub/.multiplespawner/state")
        #expect(settings.socket == "/home/hub/.multiplespawner/state/multiplespawner.sock")
        #expect(settings.socketMode == 0o600)
        #expect(settings.grace == .seconds(10))
    }

    @Test func `numbers of the file and the environment are read`() throws {
        let settings = try settings(
            [:], ["MULTIPLE_SPAWNER_STOP_GRACE": "3"], #"{"allowed_uids": [7, "8"], "abandoned_after": 60}"#)
        #expect(settings.grace == .seconds(3))
        #expect(settings.allowedUIDs == [7, 8])
        #expect(settings.abandonedAfter == .seconds(60))
    }

    @Test(arguments: [
        (["MULTIPLE_SPAWNER_STOP_GRACE": "soon"], "stop_grace"),
        (["MULTIPLE_SPAWNER_ABANDONED_AFTER": "0"], "abandoned_after"),
        (["MULTIPLE_SPAWNER_LOG_LEVEL": "loud"], "log_level"),
        (["MULTIPLE_SPAWNER_SOCKET_MODE": "0999"], "socket_mode"),
        (["MULTIPLE_SPAWNER_ALLOWED_UIDS": "root"], "allowed_uids"),
    ])
    func `a value that does not fit is an error that names it`(_ environment: [String: String], _ name: String) throws {
        let error = #expect(throws: SpawnError.self) { try settings([:], environment) }
        #expect(error?.message.contains(name) == true)
    }

    @Test func `an unknown key of the file is an error with the nearest name`() throws {
        let error = #expect(throws: SpawnError.self) { try settings([:], [:], #"{"templats": "/x"}"#) }
        #expect(error?.message.contains("'templates'") == true)
    }

    @Test func `every key is declared, and every declared key is read`() {
        // The accounts at registries and quotas have no place in an environment.
        let read = Settings.Key.allCases.compactMap(\.path.first) + ["registries", "quotas"]
        #expect(Set(Settings.shape.fields.map(\.name)) == Set(read))
    }

    @Test func `quotas are read, and a wrong one is an error that names it`() throws {
        #expect(try settings().quotas.isEmpty)
        #expect(try settings().usageDays == 400)
        let file = #"{"quotas": {"default": {"sessions": 2}, "users": {"alice": {"memory": "64G"}}}, "usage_days": 90}"#
        let settings = try settings([:], [:], file)
        #expect(settings.quotas.everybody == QuotaLimits([.sessions: 2]))
        #expect(settings.quotas.users == ["alice": QuotaLimits([.memory: Double(64 << 30)])])
        #expect(settings.usageDays == 90)
        let error = #expect(throws: SpawnError.self) {
            try self.settings([:], [:], #"{"quotas": {"default": {"gpus": 2}}}"#)
        }
        #expect(error?.message.contains("'gpu'") == true)
    }

    @Test func `docker is one engine, several managers, or what its own variables say`() throws {
        #expect(try settings().docker == DockerSettings())
        #expect(try settings([:], [:], #"{"docker_host": "unix:///d.sock"}"#).docker.hosts == ["unix:///d.sock"])
        let both = #"{"docker_host": ["tcp://a:2376", "tcp://b:2376"]}"#
        #expect(try settings([:], [:], both).docker.hosts == ["tcp://a:2376", "tcp://b:2376"])
        let environment = ["MULTIPLE_SPAWNER_DOCKER_HOST": "tcp://c:1, tcp://d:2"]
        #expect(try settings([:], environment, both).docker.hosts == ["tcp://c:1", "tcp://d:2"])
        #expect(throws: SpawnError.self) { try settings([:], ["MULTIPLE_SPAWNER_DOCKER_HOST": "manager:2376"]) }
    }

    @Test func `docker's certificates and the accounts at registries are paths`() throws {
        let docker = try settings(
            [:], ["MULTIPLE_SPAWNER_DOCKER_TLS_CA": "/env-ca.pem"],
            """
            {"docker_tls": {"ca": "~/ca.pem", "cert": "~/cert.pem", "key": "~/key.pem"}, "docker_config": "~/.docker/c",
             "registries": {"registry.example.org:5000": {"username": "robot", "password_file": "~/password"}}}
            """
        ).docker
        #expect(docker.tls?.authorities == "/env-ca.pem")
        #expect(docker.tls?.certificate == "/home/hub/cert.pem")
        #expect(docker.tls?.key == "/home/hub/key.pem")
        #expect(docker.configuration == "/home/hub/.docker/c")
        #expect(
            docker.registries == [
                "registry.example.org:5000": DockerSettings.Registry(
                    username: "robot", passwordFile: "/home/hub/password")
            ])
        #expect(throws: SpawnError.self) { try settings([:], [:], #"{"docker_tls": {"cert": "/c"}}"#) }
        #expect(throws: SpawnError.self) { try settings([:], [:], #"{"registries": {"r": {"user": "x"}}}"#) }
    }
}
