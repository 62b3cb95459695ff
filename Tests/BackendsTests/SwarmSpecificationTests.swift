import MultipleSpawner
import Testing

@testable import Backends

@Suite struct SwarmSpecificationTests {
    @Test func `The smallest options make the service that SwarmSpawner makes, which is never restarted`() throws {
        let specification = try SwarmTest.specification([
            "images": [["image": "jupyter/base-notebook:latest", "name": "Base"]], "networks": ["jh"],
            "container_spec": ["args": ["start-singleuser.sh"]],
        ])
        let environment = specification["TaskTemplate"]?["ContainerSpec"]?["Env"]?.arrayValue ?? []
        #expect(environment.contains("JUPYTERHUB_API_TOKEN=t0ken"))
        let labels: JSONValue = [
            "multiplespawner.hub": "h", "multiplespawner.session": "0123456789abcdef",
            "multiplespawner.user": "alice", "multiplespawner.server": "", "multiplespawner.template": "swarm",
            "multiplespawner.version": "1",
        ]
        var container = labels.objectValue ?? [:]
        container["image_name"] = "Base"
        #expect(
            specification == [
                "Name": "jupyter-alice-1", "Labels": labels,
                "TaskTemplate": [
                    "ContainerSpec": [
                        "Image": "jupyter/base-notebook:latest", "Args": ["start-singleuser.sh"],
                        "Env": .array(environment), "Labels": .object(container),
                    ],
                    "RestartPolicy": ["Condition": "none"], "Networks": [["Target": "jh"]],
                ],
                "Mode": ["Replicated": ["Replicas": 1]],
            ])
    }
}

@Suite struct SwarmMarkTests {
    @Test func `what is made says which daemon made it, volumes and files too`() throws {
        let plan = try SwarmTest.plan([
            "images": [["image": "x", "name": "x"]],
            "container_spec": [
                "mounts": [["source": "home", "target": "/home"], ["source": "", "target": "/tmp/x"]]
            ],
        ])
        let options = try SwarmOptions(plan)
        var specification = try ServiceSpecification(plan, options, ServiceAssembly(name: "one"))
        specification.mark("abc")
        #expect(specification.labels["multiplespawner.installation"] == "abc")
        let volumes = try #require(specification.task.container.mounts).compactMap(\.volume)
        #expect(volumes.count == 2)
        #expect(volumes.allSatisfy { $0.labels?["multiplespawner.installation"] == "abc" })
        let file = StoredFile(name: "n", labels: ["a": "b"], content: []).marked("abc")
        #expect(file.labels == ["a": "b", "multiplespawner.installation": "abc"])
    }

    @Test func `leases go to a label and come back`() {
        let leases = [AcceleratorLease(pool: "a100", device: "GPU-1=x"), AcceleratorLease(pool: "t4", device: "0")]
        #expect(AcceleratorLease.leases(in: [ServiceLabels.leases: AcceleratorLease.text(of: leases)]) == leases)
        #expect(AcceleratorLease.leases(in: [:]) == [])
    }

    @Test(
        arguments: [
            (["source": "home", "target": "/h"], true), (["source": "", "target": "/h"], false),
            (["source": "/srv", "target": "/h", "type": "bind"], false),
            (["source": "home", "target": "/h", "driver_config": ["name": "local"]], true),
            (
                [
                    "source": "home", "target": "/h",
                    "driver_config": [
                        "name": "local", "options": ["type": "nfs4", "o": "addr=10.0.0.1", "device": ":/x"],
                    ],
                ], false
            ),
            (
                [
                    "source": "home", "target": "/h",
                    "driver_config": [
                        "name": "ucphhpc/sshfs:latest", "options": ["sshcmd": "a@b:/c", "password": "secret"],
                    ],
                ], false
            ),
        ] as [(JSONValue, Bool)])
    func `a volume that each node has for itself is known`(_ mount: JSONValue, _ isOfOneNode: Bool) throws {
        let options = try SwarmOptions(try SwarmTest.bound(["image": "i", "mounts": [mount]]), user: nil)
        #expect(options.mounts.map(\.isOfOneNode) == [isOfOneNode])
    }

    @Test(arguments: [
        ("node.hostname == gpu-1", true), ("node.id==abc", true), ("node.role == worker", false),
        ("node.hostname != gpu-1", false),
    ])
    func `a constraint that names one node pins servers to it`(_ constraint: String, _ isOfOneNode: Bool) throws {
        let options = try SwarmOptions(
            try SwarmTest.bound(["image": "i", "placement": ["constraints": [.string(constraint)]]]), user: nil)
        #expect(options.placement?.isOfOneNode == isOfOneNode)
    }
}
