import MultipleSpawner
import Testing

@testable import Backends

@Suite struct SwarmEnvironmentTests {
    private func variables(
        _ options: JSONValue, leases: [AcceleratorLease] = [], environment: [String: Secret]? = nil,
        user: String = "alice"
    ) throws -> [String: String] {
        let plan = try SwarmTest.plan(options, user: user, environment: environment)
        return try ServiceEnvironment(plan, SwarmOptions(plan), leases: leases).variables
    }

    @Test func `The whole set of the hub's variables travels, with the old names beside the new ones`() throws {
        #expect(
            try variables([:]) == [
                "JUPYTERHUB_API_TOKEN": "t0ken", "JPY_API_TOKEN": "t0ken",
                "JUPYTERHUB_CLIENT_ID": "jupyterhub-user-alice",
                "JPY_COOKIE_NAME": "jupyterhub-user-alice", "JUPYTERHUB_USER": "alice", "JPY_USER": "alice",
                "JUPYTERHUB_SERVER_NAME": "", "JUPYTERHUB_API_URL": "http://127.0.0.1:8081/hub/api",
                "JPY_HUB_API_URL": "http://127.0.0.1:8081/hub/api",
                "JUPYTERHUB_ACTIVITY_URL": "http://127.0.0.1:8081/hub/api/users/alice/activity",
                "JUPYTERHUB_BASE_URL": "/", "JPY_HUB_PREFIX": "/hub/", "JUPYTERHUB_SERVICE_PREFIX": "/user/alice/",
                "JPY_BASE_URL": "/user/alice/", "JUPYTERHUB_SERVICE_URL": "http://0.0.0.0:8888/user/alice/",
            ])
    }

    @Test func `What a hub keeps for processes of its own machine does not travel into an image`() throws {
        let variables = try variables([:])
        #expect(ServiceEnvironment.localVariables.isDisjoint(with: variables.keys))
        #expect(variables["PATH"] == nil)
    }

    @Test func `The service's URL has the port, the address and the hub's own path and scheme`() throws {
        var environment = SwarmTest.environment()
        environment["JUPYTERHUB_SERVICE_URL"] = "https://127.0.0.1:0/base/user/alice/"
        #expect(
            try variables(["service_port": 9999, "ip": "::"], environment: environment)["JUPYTERHUB_SERVICE_URL"]
                == "https://[::]:9999/base/user/alice/")
    }

    @Test func `The hub's name for containers replaces the host alone`() throws {
        let variables = try variables(["jupyterhub_service_name": "hub"])
        #expect(variables["JUPYTERHUB_API_URL"] == "http://hub:8081/hub/api")
        #expect(variables["JPY_HUB_API_URL"] == "http://hub:8081/hub/api")
        #expect(variables["JUPYTERHUB_ACTIVITY_URL"] == "http://hub:8081/hub/api/users/alice/activity")
        #expect(HubURL.replacingHost(of: "http://[fd00::1]:8081/x", with: "hub") == "http://hub:8081/x")
        #expect(HubURL.replacingHost(of: "http://hub/x", with: "fd00::1") == "http://[fd00::1]/x")
        #expect(HubURL.replacingHost(of: "nonsense", with: "hub") == "nonsense")
    }

    @Test func `Image wins over template, template over hub, hub over the container's own`() throws {
        var environment = SwarmTest.environment()
        environment.merge(["A": "hub", "B": "hub", "C": "hub"]) { $1 }
        let variables = try variables(
            [
                "container_spec": ["env": ["A": "container", "Z": "container"]],
                "environment": ["B": "template", "C": "template"],
                "images": [["image": "i", "env": ["C": "image"]]],
            ], environment: environment)
        #expect(variables["A"] == "hub")
        #expect(variables["B"] == "template")
        #expect(variables["C"] == "image")
        #expect(variables["Z"] == "container")
    }

    @Test func `Variables are given as an object or as lines, and one key does not lose another's`() throws {
        let variables = try variables([
            "container_spec": ["env": ["A=1", "B=x=y", "C"]],
            "images": [["image": "i", "container_spec": ["env": ["A": 2]]]],
        ])
        #expect(variables["A"] == "2")
        #expect(variables["B"] == "x=y")
        #expect(variables["C"] == "")
    }

    @Test(arguments: [
        "JUPYTERHUB_API_TOKEN", "JUPYTERHUB_USER", "JUPYTERHUB_API_URL", "JPY_API_TOKEN", "JUPYTERHUB_NEW",
    ])
    func `Nobody but the hub says whose server it is`(name: String) throws {
        let env: JSONValue = .object([name: "mine"])
        let below = try variables(["container_spec": ["env": env]])
        #expect(below[name] == (try variables([:])[name]))
        for options: JSONValue in [["environment": env], ["images": [["image": "i", "env": env]]]] {
            #expect(SwarmTest.refusal { try variables(options) }.contains("'\(name)', which the hub alone decides"))
        }
    }

    @Test func `What the server looks like may be said by template and image`() throws {
        let variables = try variables([
            "notebook_dir": "/home/jovyan/work", "default_url": "/lab",
            "images": [["image": "i", "env": ["JUPYTERHUB_SINGLEUSER_APP": "notebook"]]],
        ])
        #expect(variables["JUPYTERHUB_ROOT_DIR"] == "/home/jovyan/work")
        #expect(variables["JUPYTERHUB_DEFAULT_URL"] == "/lab")
        #expect(variables["JUPYTERHUB_SINGLEUSER_APP"] == "notebook")
    }

    @Test func `Leased devices are what the container's runtime sees, whatever the image says`() throws {
        let variables = try variables(
            ["images": [["image": "i", "env": ["NVIDIA_VISIBLE_DEVICES": "all"]]]],
            leases: [AcceleratorLease(pool: "g", device: "0"), AcceleratorLease(pool: "g", device: "GPU-7")])
        #expect(variables["NVIDIA_VISIBLE_DEVICES"] == "0,GPU-7")
    }

    @Test func `Only the owner's placeholder is filled in, in braces, once, and Jinja's stays`() throws {
        let variables = try variables([
            "container_spec": [
                "env": [
                    "HOME": "/home/{service_owner}", "X": "name", "Y": "{}{service_owner.x}{{ service_owner }}",
                    "TWO": "{service_owner}-{service_owner}",
                ]
            ]
        ])
        #expect(variables["HOME"] == "/home/alice")
        #expect(variables["X"] == "name")
        #expect(variables["Y"] == "{}{service_owner.x}{{ service_owner }}")
        #expect(variables["TWO"] == "alice-alice")
    }

    @Test func `Docker's own templates are the admin's to use, and text in what others say`() throws {
        let admin: JSONValue = ["environment": ["NODE": "{{.Node.Hostname}}"]]
        let variables = try variables(admin, user: "{{.Node.ID}}")
        #expect(variables["NODE"] == "{{.Node.Hostname}}")
        #expect(variables["JUPYTERHUB_USER"] == #"{{"{{"}}.Node.ID}}"#)
        #expect(DockerTemplate.literal("{{{x}} {") == #"{{"{{"}}{x}} {"#)
        let settled = try SwarmSettlement.settle(
            ["use_user_options": true], with: Choice(options: ["container_spec": ["env": ["A": "{{.Task.ID}}"]]]),
            within: HardwareLimits())
        #expect(EnvironmentList(settled["container_spec"]?["env"]).variables["A"] == #"{{"{{"}}.Task.ID}}"#)
    }

    @Test func `A variable that would become another one is refused, and its value never shown`() {
        let message = SwarmTest.refusal { try variables(["container_spec": ["env": ["A": "secret\0x"]]]) }
        #expect(message.contains("'A'"))
        #expect(!message.contains("secret"))
        #expect(SwarmTest.refusal { try variables(["container_spec": ["env": ["A=B": "x"]]]) }.contains("'A=B'"))
        #expect(SwarmTest.refusal { try variables(["container_spec": ["env": ["": "x"]]]) }.contains("''"))
    }

    @Test func `As a secret the token is a file, and in no variable, label or name`() throws {
        let plan = try SwarmTest.plan(["token": "secret", "container_spec": ["uid_gid": "1000:100"]])
        let options = try SwarmOptions(plan)
        let names = options.names(for: plan)
        let secrets = SessionSecrets(plan, options, names)
        #expect(secrets.parts.count == 1)
        #expect(try SwarmTest.json(secrets.parts[0].file)["Data"] == "dDBrZW4=")
        var assembly = ServiceAssembly(name: names.preferred)
        assembly.secrets = secrets.parts.map { part in
            var reference = part.reference
            reference.id = "id1"
            return reference
        }
        let specification = try SwarmTest.json(try ServiceSpecification(plan, options, assembly))
        let container = specification["TaskTemplate"]?["ContainerSpec"]
        #expect(!specification.text.contains("t0ken"))
        #expect(
            container?["Env"]?.arrayValue?.contains("JUPYTERHUB_API_TOKEN_FILE=/run/secrets/jupyterhub_api_token")
                == true)
        #expect(
            container?["Secrets"] == [
                [
                    "SecretName": .string(names.secret("token")), "SecretID": "id1",
                    "File": ["Name": "/run/secrets/jupyterhub_api_token", "UID": "1000", "GID": "100", "Mode": 0o440],
                ]
            ])
    }

    @Test func `Certificates travel as secrets, and the variables name their files in the container`() throws {
        let plan = try SwarmTest.plan([:])
        let options = try SwarmOptions(plan)
        let secrets = SessionSecrets(
            plan, options, options.names(for: plan), certificates: ["keyfile": "k", "certfile": "c", "cafile": "a"])
        #expect(secrets.parts.count == 3)
        var assembly = ServiceAssembly(name: "n")
        assembly.certificatePaths = secrets.certificatePaths
        let environment = try SwarmTest.json(try ServiceSpecification(plan, options, assembly))["TaskTemplate"]?[
            "ContainerSpec"]?["Env"]
        #expect(environment?.arrayValue?.contains("JUPYTERHUB_SSL_KEYFILE=/run/secrets/jupyterhub_keyfile") == true)
    }

    @Test func `Neither options nor specification print what they hold`() throws {
        let plan = try SwarmTest.plan(["container_spec": ["env": ["K": "hush"]]])
        let options = try SwarmOptions(plan)
        let service = try ServiceSpecification(plan, options, ServiceAssembly(name: "n"))
        for text in ["\(options)", "\(service)", "\(service.task.container)", String(reflecting: options)] {
            #expect(text == "<hidden>")
        }
        var dumped = ""
        dump(service, to: &dumped)
        #expect(!dumped.contains("t0ken") && !dumped.contains("hush"))
    }
}
