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
