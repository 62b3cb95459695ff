import FoundationEssentials
import Glibc
import MultipleSpawner
import Synchronization
import Testing
import Transport

@testable import Configurers

/// A machine with a real sshd, a directory of playbooks, and the configurer that prepares the one with the others.
struct AnsibleSite {
    let directory: TemporaryDirectory
    let machine: TestMachine
    let configurer: AnsibleConfigurer
    let credentials: Credentials

    /// The program that the tests run; the one in PATH when not given.
    private static let program = ProcessInfo.processInfo.environment["MULTIPLESPAWNER_TEST_ANSIBLE"]

    init() async throws {
        directory = try TemporaryDirectory()
        let files = SSHKeyFiles(directory: directory.path, name: "id")
        let key = try await files.make(.ed25519, comment: "")
        machine = try await TestMachine(authorized: ["\(key)"])
        let known = try directory.file("known_hosts", "[127.0.0.1]:\(machine.port) \(machine.hostKey)\n")
        credentials = Credentials(
            account: machine.account, keyFile: files.privateFile, publicKey: "\(key)", knownHostsFile: known)
        mkdir(directory.path + "/books", 0o700)
        mkdir(directory.path + "/home", 0o700)
        // A HOME of the test's own knows no machine, and has no configuration.
        var environment = ["HOME": directory.path + "/home"]
        environment["PATH"] = ProcessInfo.processInfo.environment["PATH"]
        configurer = AnsibleConfigurer(
            directory: directory.path + "/books", stateDirectory: directory.path + "/state", environment: environment)
    }

    /// Where playbooks write what they saw.
    func out(_ name: String) -> String { "\(directory.path)/\(name)" }

    func read(_ name: String) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(try #require(directory.text(name)).utf8))
    }

    func playbook(_ name: String, _ text: String) throws {
        _ = try directory.file("books/\(name)", text)
    }

    /// A play of these tasks for the machine.
    func playbook(_ name: String = "play.yml", tasks: String) throws {
        let indented = tasks.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }
        try playbook(name, "- hosts: all\n  gather_facts: false\n  tasks:\n" + indented.joined(separator: "\n") + "\n")
    }

    /// - Parameters:
    ///   - filled: what placeholders brought in, in the place of what is written.
    func wanted(
        _ playbooks: [String] = ["play.yml"], _ variables: JSONValue = [:], filled: JSONValue? = nil,
        credentials: Credentials? = nil, machine: MachineAddress? = nil, more: [String: JSONValue] = [:]
    ) throws -> Preparation {
        func options(_ variables: JSONValue) throws -> JSONValue {
            var all = variables.objectValue ?? [:]
            all["ansible_python_interpreter"] = "/usr/bin/python3"
            var options: [String: JSONValue] = [
                "host_variables": .object(all),
                "apply_kwargs": ["playbook_paths": .array(playbooks.map { .string($0) })],
            ]
            options["ansible_playbook"] = Self.program.map { .string($0) }
            options.merge(more) { _, new in new }
            return try AnsibleConfigurer.options.bind(.object(options))
        }
        return Preparation(
            session: try SessionID("one"), identity: try SessionIdentity(hub: "hub", user: "alice"),
            options: try options(filled ?? variables), written: try options(variables),
            machine: machine ?? self.machine.address, credentials: credentials ?? self.credentials, shell: NoShell(),
            limit: .seconds(100))
    }

    /// What the waiting user was told.
    @discardableResult func apply(_ wanted: Preparation) async throws -> [String] {
        let traces = Traces()
        try await configurer.apply(wanted, checkpoint: traces.checkpoint)
        return traces.reports
    }

    /// Nothing that a run of this process makes is left.
    func leavesNothing() -> Bool {
        TemporaryDirectory.remainsOfRuns(mentioning: directory.path).isEmpty
    }

    func stop() async {
        await machine.stop()
        directory.remove()
    }
}

/// What a configurer checkpointed and reported, in its order.
final class Traces: Sendable {
    private let given = Mutex<(traces: [Trace], reports: [String])>(([], []))
    private let heard: (@Sendable (String) -> Void)?

    /// - Parameter heard: is told each report when it comes.
    init(heard: (@Sendable (String) -> Void)? = nil) {
        self.heard = heard
    }

    var all: [Trace] { given.withLock { $0.traces } }
    var reports: [String] { given.withLock { $0.reports } }

    var checkpoint: TraceCheckpoint {
        TraceCheckpoint(
            save: { [self] trace in given.withLock { $0.traces.append(trace) } },
            tell: { [self] message in
                given.withLock { $0.reports.append(message) }
                heard?(message)
            })
    }
}

/// A shell that must not be needed.
struct NoShell: RemoteShell {
    let place = "nowhere"

    func run(_ command: RemoteCommand) async throws -> RemoteAnswer {
        throw SpawnError(.internal, "there is no shell")
    }

    func follow(_ command: RemoteCommand) async throws -> LogStream {
        throw SpawnError(.internal, "there is no shell")
    }
}

extension TemporaryDirectory {
    /// Processes whose command line or environment names this path.
    static func remainsOfRuns(mentioning path: String) -> [String] {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.filter { Int($0) != nil }.filter { process in
            guard process != "\(getpid())", let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline"),
                let environment = FileManager.default.contents(atPath: "/proc/\(process)/environ")
            else { return false }
            let text = String(decoding: line + environment, as: UTF8.self)
            return text.contains(path) && !text.contains("/usr/sbin/sshd") && text.contains("ANSIBLE")
        }
    }
}
