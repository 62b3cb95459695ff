import MultipleSpawner
import Testing

@testable import Backends

@Suite struct SwarmMountPolicyTests {
    private func mounts(_ keys: [String], _ mount: JSONValue, admin: [String: JSONValue] = [:]) throws -> JSONValue? {
        var options: [String: JSONValue] = [
            "use_user_options": true,
            "allowed_user_options": .array((["mounts"] + keys).map { .string("container_spec.\($0)") }),
        ]
        options.merge(admin) { $1 }
        let settled = try SwarmSettlement.settle(
            try SwarmTest.bound(.object(options)), with: Choice(options: ["container_spec": ["mounts": [mount]]]),
            within: HardwareLimits())
        return try SwarmTest.specification(settled)["TaskTemplate"]?["ContainerSpec"]?["Mounts"]
    }

    private func refusal(_ keys: [String], _ mount: JSONValue, admin: [String: JSONValue] = [:]) -> String {
        SwarmTest.refusal { try mounts(keys, mount, admin: admin) }
    }

    @Test func `A user's volume is one of their own, whatever name they give it`() throws {
        let found = try mounts([], ["source": "home-bob", "target": "/bob", "labels": ["autoremove": "True"]])
        #expect(found?.arrayValue?.first?["Source"] == "jupyter.alice.home-bob")
        #expect(try mounts([], ["target": "/x"])?.arrayValue?.first?["Source"] == nil)
        #expect(try mounts([], ["type": "tmpfs", "target": "/x"])?.arrayValue?.count == 1)
    }

    @Test func `Volumes of others have a key of their own, and are never removed for it`() throws {
        let any = ["mounts.any_volume"]
        #expect(try mounts(any, ["source": "data", "target": "/d"])?.arrayValue?.first?["Source"] == "data")
        #expect(
            refusal(any, ["source": "d", "target": "/d", "labels": ["autoremove": "True"]]).contains("'autoremove'"))
        #expect(refusal([], ["source": "d", "target": "/d", "labels": ["x": "y"]]).contains("'x'"))
    }

    @Test func `Binds, pipes and drivers each have a key`() {
        let bind: JSONValue = ["type": "bind", "source": "/srv/data", "target": "/d"]
        #expect(refusal([], bind).contains("'container_spec.mounts.bind'"))
        #expect(refusal(["mounts.bind"], bind).hasPrefix("taken"))
        #expect(refusal([], ["type": "npipe", "source": "x", "target": "y"]).contains("mounts.npipe'"))
        let driver: JSONValue = [
            "source": "v", "target": "/d",
            "driver_config": ["name": "local", "options": ["type": "none", "o": "bind", "device": "/"]],
        ]
        #expect(refusal(["mounts.bind"], driver).contains("mounts.driver_config'"))
    }

    @Test(arguments: [
        "/var/run/docker.sock", "/run/docker.sock", "/", "/var", "/run",
        "/var/lib/docker/volumes",
        "/etc/docker",
    ])
    func `A bind through which Docker can be reached has a key of its own`(source: String) {
        let bind: JSONValue = ["type": "bind", "source": .string(source), "target": "/d"]
        #expect(refusal(["mounts.bind"], bind).contains("mounts.docker_socket'"))
        #expect(refusal(["mounts.bind", "mounts.docker_socket"], bind).hasPrefix("taken"))
    }

    @Test(arguments: ["//", "/run/", "/var//run/./docker.sock"])
    func `However a path of Docker's is written, it is one, and no bind takes it`(source: String) {
        #expect(UserMounts.reachesDocker(source))
        let bind: JSONValue = ["type": "bind", "source": .string(source), "target": "/d"]
        #expect(!refusal(["mounts.bind", "mounts.docker_socket"], bind).hasPrefix("taken"))
    }

    @Test func `A directory that only begins like one of Docker's is another`() {
        for path in ["/var/lib/dockerdata", "/srv", "/var/running"] {
            #expect(!UserMounts.reachesDocker(path))
        }
    }

    @Test func `The template's own mounts are not covered up`() {
        let admin: [String: JSONValue] = [
            "container_spec": ["mounts": [["source": "home", "target": "/home/jovyan/"]]]
        ]
        #expect(refusal([], ["source": "x", "target": "/home/jovyan"], admin: admin).contains("already"))
    }
}
