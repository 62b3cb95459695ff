public import MultipleSpawner
import Transport

/// Servers that a program starts, watches and ends: any place for which somebody writes one.
///
/// `PluginProtocol` has what it is asked, and what it answers.
public final class ExecBackend: Backend {
    public static let kind: BackendKind = "exec"
    public static let options = ExecOptions.shape

    /// What templates call it.
    public static let classes = ["multiplespawner.Exec"]

    /// A program tells of nothing by itself.
    public let pollInterval = Duration.seconds(10)

    let installation: String
    let places = ExecPlaces()

    /// - Parameter installation: tells this daemon's servers from another one's.
    public init(installation: String = "") {
        self.installation = installation
    }

    public func resume(_ handles: [Handle]) async {
        for handle in handles {
            if let exec = try? handle.decode(ExecHandle.self) { places.add(exec.place) }
        }
    }

    public func configured(by options: [JSONValue]) async {
        for options in options.map(ExecOptions.init) { places.add(options.place, timeout: options.timeout) }
    }

    public func stop(_ handle: Handle, grace: Duration) async throws {
        let exec = try trusted(handle)
        let program = try program(of: exec.place)
        _ = try await program.ask(
            "stop",
            fields(of: exec.place, exec.fields.merging(["grace": PluginProtocol.seconds(grace)]) { own, _ in own }),
            limit: program.timeout + grace)
    }

    public func examine(_ options: JSONValue) async -> [Finding] {
        let options = ExecOptions(options)
        do {
            let program = try options.place.program(timeout: options.timeout)
            return await program.examine(fields(of: options.place, ["options": options.options]))
        } catch {
            return [Finding(.failed, "backend", error.message)]
        }
    }

    /// A handle that names a program which an administrator named.
    func trusted(_ handle: Handle) throws(SpawnError) -> ExecHandle {
        let exec: ExecHandle = try handle.decode()
        guard places.contains(exec.place) else {
            throw SpawnError(
                .unavailable,
                "no template names the program '\((exec.place.command.first ?? "").excerpt)' with the data that the session has; "
                    + "put the template back, so that its servers can be asked about")
        }
        return exec
    }

    func program(of place: ExecPlace) throws(SpawnError) -> PluginProgram {
        try place.program(timeout: places.timeout(of: place))
    }

    /// What every question has, with the members of one.
    func fields(of place: ExecPlace, _ more: [String: JSONValue] = [:]) -> [String: JSONValue] {
        more.merging(["installation": .string(installation), "data": place.data]) { _, own in own }
    }
}
