import Foundation
import MultipleSpawner
import Testing

@testable import Backends

/// What Swarm is asked to run on another node, and how its tasks are read.
@Suite struct SwarmVolumeJobTests {
    private func job(
        volumes: [String] = ["a", "b"], hub: String = "one", node: String = "n2", isGuess: Bool = false
    ) throws -> VolumeJob {
        VolumeJob(
            volumes: volumes, session: try SessionID("s1"), hub: hub, node: node, image: "image:1",
            config: ("program-1", "c1"), socket: "/run/engine.sock", patience: 20, isGuess: isGuess)
    }

    private func encoded(_ job: VolumeJob) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(job))
    }

    @Test func `a job runs our program once on that node, with the socket and nothing else`() throws {
        let job = try job()
        let expected = """
            {"Name": "\(job.name)",
             "Labels": {"multiplespawner.cleanup": "s1", "multiplespawner.cleanup.node": "n2",
                        "multiplespawner.hub": "one", "multiplespawner.version": "1"},
             "Mode": {"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 1}},
             "TaskTemplate": {
               "ContainerSpec": {
                 "Image": "image:1", "Labels": {"multiplespawner.cleanup": "s1"},
                 "Command": ["/multiplespawner-volume-remover"],
                 "Args": ["--socket", "/multiplespawner-docker.sock", "--patience", "20", "multiplespawner.hub=one",
                          "a", "b"],
                 "Dir": "/", "User": "0:0", "CapabilityDrop": ["ALL"], "ReadOnly": true, "Init": false,
                 "Healthcheck": {"Test": ["NONE"]}, "Privileges": {"SELinuxContext": {"Disable": true}},
                 "StopGracePeriod": 1000000000,
                 "Mounts": [{"Type": "bind", "Source": "/run/engine.sock", "Target": "/multiplespawner-docker.sock"}],
                 "Configs": [{"ConfigName": "program-1", "ConfigID": "c1",
                              "File": {"Name": "/multiplespawner-volume-remover", "UID": "0", "GID": "0",
                                       "Mode": 365}}]},
               "RestartPolicy": {"Condition": "on-failure", "Delay": 60000000000},
               "Placement": {"Constraints": ["node.id==n2"]},
               "LogDriver": {"Name": "json-file"}}}
            """
        #expect(try encoded(job) == JSONDecoder().decode(JSONValue.self, from: Data(expected.utf8)))
    }

    @Test func `no session's label is on a job, so that nobody takes it for the session's service`() throws {
        let labels = try encoded(job(isGuess: true))["Labels"]?.objectValue
        #expect(labels?[ServiceLabels.session] == nil)
        #expect(labels?[ServiceLabels.guess] == .string("1"))
    }

    @Test func `the name is the same for the same task, and another for any other`() throws {
        let name = try job().name
        #expect(try job().name == name)
        #expect(name.utf8.count <= 63)
        let others = [
            try job(volumes: ["a"]), try job(volumes: ["ab"]), try job(hub: "two"), try job(node: "n3"),
        ]
        #expect(Set(others.map(\.name) + [name]).count == 5)
    }

    @Test func `a job's volumes are read from its arguments`() throws {
        let arguments = try encoded(job())["TaskTemplate"]?["ContainerSpec"]?["Args"]?.arrayValue ?? []
        #expect(VolumeJob.volumes(in: arguments.compactMap(\.stringValue)) == ["a", "b"])
    }

    @Test func `the newest task says how it stands`() throws {
        #expect(VolumeJobVerdict([], isGuess: false) == .waiting)
        #expect(VolumeJobVerdict([try swarmTask("pending")], isGuess: false) == .waiting)
        #expect(VolumeJobVerdict([try swarmTask("complete", exit: 0)], isGuess: false) == .finished)
        let failed = try swarmTask("failed", created: "2026-01-02T03:04:05Z", problem: "task: non-zero exit (1)")
        #expect(VolumeJobVerdict([failed], isGuess: true) == .failed("task: non-zero exit (1)"))
        let next = try swarmTask("ready", desired: "ready", created: "2026-01-02T03:04:06Z")
        #expect(VolumeJobVerdict([next, failed], isGuess: false) == .failed("task: non-zero exit (1)"))
        let running = try swarmTask("running", created: "2026-01-02T03:04:06Z")
        #expect(VolumeJobVerdict([failed, running], isGuess: false) == .waiting)
        let done = try swarmTask("complete", created: "2026-01-02T03:04:06Z")
        #expect(VolumeJobVerdict([done, failed], isGuess: false) == .finished)
    }

    @Test func `a missing image is the end only where the session may never have been`() throws {
        let rejected = try swarmTask("rejected", problem: "No such image: x")
        #expect(VolumeJobVerdict([rejected], isGuess: true) == .finished)
        #expect(VolumeJobVerdict([rejected], isGuess: false) == .failed("No such image: x"))
    }
}
