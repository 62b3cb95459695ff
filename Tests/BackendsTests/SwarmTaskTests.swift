import Foundation
import MultipleSpawner
import Testing

@testable import Backends

/// A task as Docker writes it, with what a test is about.
func swarmTask(
    _ state: String, desired: String = "running", created: String = "2026-01-02T03:04:05.5Z", problem: String = "",
    exit: Int? = nil, node: String? = "n1", session: String = "s1"
) throws -> SwarmTask {
    let container = exit.map { #", "ContainerStatus": {"ContainerID": "c1", "PID": 0, "ExitCode": \#($0)}"# } ?? ""
    let text = """
        {"ID": "t-\(created)", "Version": {"Index": 4}, "CreatedAt": "\(created)", "Labels": {},
         "Spec": {"ContainerSpec": {"Image": "x", "Labels": {"multiplespawner.session": "\(session)"}}},
         "ServiceID": "service", "Slot": 1, \(node.map { #""NodeID": "\#($0)","# } ?? "")
         "Status": {"Timestamp": "2026-01-02T03:04:06Z", "State": "\(state)", "Err": "\(problem)"\(container),
                    "PortStatus": {"Ports": [{"TargetPort": 8888, "PublishedPort": 32768, "PublishMode": "host"}]}},
         "DesiredState": "\(desired)",
         "NetworksAttachments": [{"Network": {"ID": "net1", "Spec": {"Name": "jh"}}, "Addresses": ["10.0.1.5/24"]}]}
        """
    return try JSONDecoder().decode(SwarmTask.self, from: Data(text.utf8))
}

@Suite struct SwarmTaskTests {
    @Test(arguments: [
        ("no more than that", "no more than that"),
        (
            "mount //s/x:/v/_data, flags: 0x1, data: username=a,password=b: c,d: no such file or directory",
            "mount //s/x:/v/_data, flags: 0x1, data: <hidden>: no such file or directory"
        ),
        ("mount x, data: password=b", "mount x, data: <hidden>"),
    ])
    func `a complaint about a mount is told without its options`(said: String, told: String) throws {
        #expect(try swarmTask("rejected", problem: said).problem == told)
    }

    @Test func `a task is read with its address, its port and the session of its container's label`() throws {
        let task = try swarmTask("running", exit: 0)
        #expect(task.session?.rawValue == "s1")
        #expect(task.networks == [SwarmTask.Attachment(network: "net1", name: "jh", address: "10.0.1.5")])
        #expect(task.ports == [SwarmTask.Port(target: 8888, published: 32768)])
        #expect(task.container == "c1")
    }

    @Test func `a state that a later engine invents is read, and nothing is concluded from it`() throws {
        let verdict = TaskVerdict([try swarmTask("dreaming")])
        guard case .waiting = verdict else {
            Issue.record("\(verdict)")
            return
        }
    }

    @Test func `the newest task decides, whatever was rejected before it`() throws {
        let rejected = try swarmTask("rejected", created: "2026-01-02T03:04:05.5Z", problem: "No such image: x")
        let running = try swarmTask("running", created: "2026-01-02T03:04:05.51Z")
        #expect(TaskVerdict([rejected, running]) == .running(running))
        #expect(TaskVerdict([running, rejected]) == .running(running))
    }

    @Test(arguments: [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000001Z"),
        ("2026-01-02T03:04:05.09Z", "2026-01-02T03:04:05.1Z"),
        ("2026-01-02T03:04:05.999999999Z", "2026-01-02T03:04:06Z"),
    ])
    func `fractions of a second are compared by what they mean`(earlier: String, later: String) throws {
        let (first, second) = (try swarmTask("running", created: earlier), try swarmTask("running", created: later))
        #expect(second.isNewer(than: first))
        #expect(!first.isNewer(than: second))
    }

    @Test func `each way of ending is told apart`() throws {
        #expect(TaskVerdict([]) == .none)
        #expect(
            TaskVerdict([try swarmTask("pending", problem: "no suitable node (insufficient resources on 3 nodes)")])
                == .unplaced("no suitable node (insufficient resources on 3 nodes)"))
        #expect(
            TaskVerdict([try swarmTask("rejected", desired: "shutdown", problem: "No such image: x")])
                == .failed("No such image: x"))
        #expect(
            TaskVerdict([try swarmTask("failed", desired: "shutdown", problem: "task: non-zero exit (7)", exit: 7)])
                == .exited(7, problem: "task: non-zero exit (7)"))
        #expect(TaskVerdict([try swarmTask("complete", desired: "shutdown", exit: 0)]) == .exited(0, problem: nil))
    }

    @Test func `a task that Docker takes away is lost, with the name of its node`() throws {
        let verdict = TaskVerdict([try swarmTask("running", desired: "shutdown")], names: ["n1": "worker-2"])
        guard case .failed(let reason) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(reason.contains("worker-2"))
    }

    @Test func `a pending task without a word of Docker's is on its way`() throws {
        guard case .waiting = TaskVerdict([try swarmTask("pending", node: nil)]) else {
            Issue.record("a start would have ended")
            return
        }
    }
}
