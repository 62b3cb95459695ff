import CLibSSH2
import Glibc
import MultipleSpawner
import Synchronization

/// Makes connections by libssh2, and serves all of them on one thread.
final class LibSSH2: Sendable {
    let limits: SSHLimits
    let inbox = SSHInbox()
    /// Begun by the first use: a program that makes none has no thread to end.
    private let thread = Mutex<OwnThread?>(nil)
    private let logins = Mutex(Logins())

    private struct Logins {
        var threads: [UInt64: (thread: OwnThread, interruption: Interruption)] = [:]
        var isClosed = false
    }

    init(limits: SSHLimits) {
        self.limits = limits
    }

    deinit {
        shutDown()
    }

    /// Makes a connection.
    ///
    /// - Parameter way: the connection to the machine on the way, where there is one.
    /// - Throws: `SpawnError`, `SSHLogin.Lacking` or `CancellationError`.
    func connect(_ target: SSHTarget, over way: (any SSHLink)?) async throws -> LibSSH2Link {
        try Task.checkCancellation()
        let deadline = ContinuousClock.now + limits.connect
        var carried: Int32?
        if let way {
            let pair = try Self.pair()
            do {
                try await way.carry(OpenSocket(owning: pair.there), to: .tcp(host: target.host, port: target.port))
            } catch {
                close(pair.here)
                throw error
            }
            carried = pair.here
        }
        let login = try await login(target, over: carried, deadline)
        if let key = login.newKey, let file = target.hostKeys.files.first {
            try await KnownHostsFile(file).add(key, for: target.host, port: target.port)
        }
        let state = LinkState()
        let number = inbox.number()
        start()
        let error = SpawnError(.unavailable, "the SSH connections were shut down")
        guard inbox.post(.adopt(number, login.session, state, place: target.description)) else { throw error }
        return LibSSH2Link(target: target, number: number, state: state, owner: self)
    }

    private func login(
        _ target: SSHTarget, over carried: Int32?, _ deadline: ContinuousClock.Instant
    ) async throws -> SSHLogin.Result {
        let answer = Answer<SSHLogin.Result>()
        let interruption = Interruption()
        let number = inbox.number()
        let limits = limits
        let isStarted = logins.withLock { logins in
            guard !logins.isClosed else { return false }
            let thread = OwnThread("ssh login") { [weak self] in
                let patience = LoginPatience(deadline: deadline, interruption: interruption)
                let login = SSHLogin(target: target, patience: patience, limits: limits)
                let result = Result { try login.run(over: carried) }
                answer.settle(result)
                self?.forget(number)
            }
            guard let thread else { return false }
            logins.threads[number] = (thread, interruption)
            return true
        }
        guard isStarted else {
            if let carried { close(carried) }
            throw SpawnError(.unavailable, "no thread for the login to \(target)")
        }
        // A look-up of a name cannot be interrupted: its waiting is ended here.
        let watch = Task {
            try await Task.sleep(until: deadline + .milliseconds(500))
            let words = "\(target) did not let us in within \(limits.connect); does the look-up of its name hang?"
            answer.fail(SpawnError(.timedOut, words))
        }
        defer { watch.cancel() }
        return try await answer.value { interruption.wake() }
    }

    private func forget(_ number: UInt64) {
        logins.withLock { logins in
            // What is shut down is joined, and joining lets go of it.
            if !logins.isClosed { logins.threads[number] = nil }
        }
    }

    func start() {
        thread.withLock { thread in
            guard thread == nil else { return }
            let (inbox, limits) = (inbox, limits)
            thread = OwnThread("ssh") { SSHLoop.run(inbox, limits: limits) }
            if thread == nil { inbox.close() }
        }
    }

    /// Ends all connections and threads. To be called before the process exits, while nothing of the libraries below is
    /// torn down. May be called twice.
    func shutDown() {
        let threads = logins.withLock { logins in
            logins.isClosed = true
            defer { logins.threads = [:] }
            return Array(logins.threads.values)
        }
        for login in threads { login.interruption.wake() }
        for login in threads { login.thread.join() }
        inbox.close()
        let thread = thread.withLock { $0 }
        thread?.join()
    }

    private static func pair() throws(SpawnError) -> (here: Int32, there: Int32) {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else {
            throw SpawnError(.internal, "no sockets for a connection: \(String(cString: strerror(errno)))")
        }
        return (ends[0], ends[1])
    }
}
