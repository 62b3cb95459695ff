/// What a session's tasks say about it. The newest decides; what Docker tried before is history.
enum TaskVerdict: Sendable, Hashable {
    /// Docker has not made a task yet, or has none any more.
    case none
    /// It is on its way; what a waiting user is told.
    case waiting(String, SwarmTask)
    /// No node takes it, in Docker's words.
    case unplaced(String)
    case running(SwarmTask)
    /// The server ended by itself.
    case exited(Int32, problem: String?)
    /// It never ran, or was taken away; why, in Docker's words.
    case failed(String)

    /// - Parameter names: the names of nodes by their ids, where they are known.
    init(_ tasks: [SwarmTask], names: [String: String] = [:]) {
        guard let first = tasks.first else {
            self = .none
            return
        }
        let task = tasks.dropFirst().reduce(first) { $1.isNewer(than: $0) ? $1 : $0 }
        let node = task.node.map { names[$0].map { "node '\($0)'" } ?? "a node" } ?? "a node"
        switch task.state {
        case .running where task.desired.isEnd:
            self = .failed("Docker takes it away from \(node), which is down, drained or out of reach")
        case .running:
            self = .running(task)
        case .complete, .failed:
            if let code = task.exitCode, task.container != nil {
                self = .exited(code, problem: task.problem)
            } else {
                self = .failed(task.problem ?? "the container could not be started")
            }
        case .rejected:
            self = .failed(task.problem ?? "\(node) refused it")
        case .shutdown, .remove:
            self = .failed(task.problem ?? "Docker has shut it down on \(node)")
        case .orphaned:
            self = .failed("\(node) has been lost")
        case .new, .allocated, .pending, .assigned, .accepted, .preparing, .ready, .starting, .unknown:
            if let problem = task.problem, problem.hasPrefix("no suitable node") {
                self = .unplaced(problem)
            } else if task.desired.isEnd {
                self = .failed(task.problem ?? "Docker has given it up")
            } else {
                self = .waiting(Self.progress(of: task, on: node), task)
            }
        }
    }

    private static func progress(of task: SwarmTask, on node: String) -> String {
        switch task.state {
        case .assigned, .accepted: "Placed on \(node)"
        case .preparing: "Preparing on \(node): the image is pulled where it is not there yet"
        case .ready, .starting: "Starting the container on \(node)"
        default: "Waiting for Docker to choose a node"
        }
    }
}
