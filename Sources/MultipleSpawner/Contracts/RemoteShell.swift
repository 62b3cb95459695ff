/// A machine on which commands are run, however it is reached.
///
/// A configurer prepares a machine through one, and a backend starts servers through one. Neither knows what is below.
public protocol RemoteShell: Sendable {
    /// Where commands run, for messages: `alice@gpu-2:22`.
    var place: String { get }

    /// Runs a command and waits for its end.
    ///
    /// Cancelling ends the waiting; the command may run on, for no protocol promises otherwise. What must not is
    /// started so that it can be found and ended.
    ///
    /// - Returns: what it said, whatever its status.
    /// - Throws: `unavailable` where the machine cannot be reached or the answer was lost, `timed_out` after the command's
    ///   limit, `backend_failed` where the machine refuses, `unauthorized` where it does not let us in.
    func run(_ command: RemoteCommand) async throws -> RemoteAnswer

    /// Runs a command and hands on what it says as it comes, whatever its status at the end. Ending the stream ends the
    /// command's connection. Its limit is that of its start.
    func follow(_ command: RemoteCommand) async throws -> LogStream
}

/// A machine that can be prepared.
public struct Workplace: Sendable {
    public var shell: any RemoteShell
    /// By which its backend finds it again. It is journalled, and holds no secret.
    public var name: String

    public init(shell: any RemoteShell, name: String) {
        self.shell = shell
        self.name = name
    }
}

/// A command for another machine.
public struct RemoteCommand: Sendable {
    /// What the other side's shell is given. Everybody on that machine may read it while it runs: no secret belongs here.
    public var line: String
    /// What the command reads: where environments and keys travel.
    public var input: [UInt8]
    /// The longest that it may take.
    public var limit: Duration
    /// The most bytes that are kept of each of output and errors; the rest is read and dropped.
    public var mostOutput: Int

    /// - Parameter arguments: the program and its arguments; each is quoted, so that it arrives as it is.
    public init(
        _ arguments: [String], input: [UInt8] = [], limit: Duration = .seconds(30), mostOutput: Int = 1 << 20
    ) {
        self.init(
            line: arguments.map(ShellQuote.quoted).joined(separator: " "), input: input, limit: limit,
            mostOutput: mostOutput)
    }

    /// A program for `/bin/sh`, which reads it from its input: nothing of it shows in a list of processes, and the login
    /// shell of the account does not matter.
    ///
    /// - Parameter arguments: `$1`, `$2`, … of the program. They show in a list of processes.
    public init(
        script: String, arguments: [String] = [], limit: Duration = .seconds(30), mostOutput: Int = 1 << 20
    ) {
        self.init(
            ["/bin/sh", "-s", "--"] + arguments, input: Array(script.utf8), limit: limit, mostOutput: mostOutput)
    }

    private init(line: String, input: [UInt8], limit: Duration, mostOutput: Int) {
        self.line = line
        self.input = input
        self.limit = limit
        self.mostOutput = mostOutput
    }
}

extension RemoteCommand: CustomStringConvertible, CustomReflectable {
    /// The input is never shown.
    public var description: String { line.excerpt }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// What a command said and how it ended.
public struct RemoteAnswer: Sendable, Hashable {
    /// Its exit status; `nil` where a signal ended it.
    public var status: Int32?
    /// The signal's name without `SIG`, where one ended it and the other side said so.
    public var signal: String?
    public var output: [UInt8]
    public var errors: [UInt8]

    public init(status: Int32?, signal: String? = nil, output: [UInt8] = [], errors: [UInt8] = []) {
        self.status = status
        self.signal = signal
        self.output = output
        self.errors = errors
    }

    /// The output as text; what is no UTF-8 is replaced.
    public var text: String { String(decoding: output, as: UTF8.self) }
}
