import MultipleSpawner
import Synchronization

/// Preparations in memory. It tells what was applied, where, and whether it was undone.
final class ScriptedConfigurer: Configurer {
    static let kind: ConfigurerKind = "scripted"
    static let options = ObjectShape([
        Field("what", .string, "What is applied."), Field("force", .boolean, "Whether it is always applied."),
        Field("lasting", .boolean, "Whether it is never undone."),
    ])

    struct World: Hashable {
        var applied: [String] = []
        var undone: [String] = []
        var failures = 0
    }

    let world = Mutex(World())

    func digest(of wanted: Preparation) async throws -> String? {
        wanted.options["force"]?.boolValue == true ? nil : wanted.options.text
    }

    func apply(_ wanted: Preparation, checkpoint: TraceCheckpoint) async throws {
        if wanted.options["lasting"]?.boolValue != true {
            try await checkpoint(Trace(kind: Self.kind, version: 1, payload: "\(wanted.machine)"))
        }
        try world.withLock { world in
            guard world.failures == 0 else {
                world.failures -= 1
                throw SpawnError(.backendFailed, "the task 'paint it' failed: the brush is dry")
            }
            world.applied.append("\(wanted.options["what"]?.stringValue ?? "") on \(wanted.machine)")
        }
        await checkpoint.report("paint it (1 of 1)")
    }

    func cleanup(_ trace: Trace, through shell: any RemoteShell) async throws {
        world.withLock { $0.undone.append(trace.payload) }
    }
}
