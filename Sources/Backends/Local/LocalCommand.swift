import Glibc
import MultipleSpawner

/// The program of a local server and its arguments.
struct LocalCommand: Sendable {
    /// What JupyterHub starts when nobody says otherwise.
    static let fallback = "jupyterhub-singleuser"

    let arguments: [String]

    init(_ plan: SessionPlan, _ options: LocalOptions) throws(SpawnError) {
        var line = options.command ?? plan.command
        if line.isEmpty { line = [Self.fallback] }
        line += options.arguments
        if !options.shellCommand.isEmpty {
            line = options.shellCommand + [line.map(ShellQuote.quoted).joined(separator: " ")]
        }
        guard !line.contains(where: { $0.utf8.contains(0) }) else {
            throw SpawnError(.invalidRequest, "the command holds a NUL byte in 'cmd' or 'args'; remove it")
        }
        arguments = line
    }

    /// Where the program is, by the `PATH` of the server itself.
    func executable(path: String, directory: String) throws(SpawnError) -> String {
        let name = arguments[0]
        guard let found = Self.find(name, path: path, directory: directory) else {
            throw SpawnError(
                .backendFailed,
                "the command '\(name.excerpt)' is not in PATH or cannot be executed; install it, or name it in 'cmd'",
                details: ["PATH=\(path.excerpt)"])
        }
        return found
    }

    static func find(_ name: String, path: String, directory: String) -> String? {
        let slash = UInt8(ascii: "/")
        if name.utf8.contains(slash) {
            let whole = name.utf8.first == slash ? name : "\(directory)/\(name)"
            return isExecutable(whole) ? whole : nil
        }
        guard !name.isEmpty else { return nil }
        return path.split(separator: ":").lazy.map { "\($0)/\(name)" }.first(where: isExecutable)
    }

    private static func isExecutable(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }
}
