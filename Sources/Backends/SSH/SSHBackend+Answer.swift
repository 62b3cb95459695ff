import Glibc
import Logging
public import MultipleSpawner
import Transport

extension SSHBackend {
    /// Whether the server listens, as its machine sees it, and is the one that was started; and whether the way there is
    /// open.
    ///
    /// The machine is asked once and waits there, for two seconds at most: nothing is sent to and fro meanwhile. A server
    /// that listened at once was seen by the program that started it.
    public func isAnswering(_ handle: Handle, at endpoint: Endpoint) async throws -> Bool {
        let ssh = try SSHHandle(handle)
        guard let port = ssh.port, ssh.pid != nil else { return false }
        let answer: ShellAnswer
        do {
            if places.takeListening(ssh.attempt), try await isOpen(ssh, port: port, endpoint) { return true }
            answer = try await machines.runAgain(AnswerProgram(handle: ssh, port: port).text(), at: ssh.place)
        } catch let error as SpawnError where error.code == .unavailable || error.code == .timedOut {
            try Task.checkCancellation()
            // Unknown is not dead: the time of the start is what bounds it.
            log.notice("a start waits for its machine", metadata: ["place": "\(ssh.place)", "reason": "\(error)"])
            try await Task.sleep(for: .milliseconds(500))
            return false
        }
        if answer["own"] != nil { return try await isOpen(ssh, port: port, endpoint) }
        if answer["silent"] != nil { return false }
        if answer["stranger"] != nil {
            throw SpawnError(
                .unavailable, "port \(port) of \(ssh.place) was taken by another process; start on another port")
        }
        if answer["rebooted"] != nil {
            throw SpawnError(.backendFailed, "\(ssh.place) was rebooted while the server started")
        }
        guard let words = answer["ended"] else { throw answer.failure("waiting for the server") }
        throw ended(words.first.flatMap { Int32($0) }.map(LookProgram.status), answer, at: ssh.place)
    }

    /// One connection, made as the hub's will be.
    private func isOpen(_ ssh: SSHHandle, port: Int, _ endpoint: Endpoint) async throws -> Bool {
        guard ssh.localPort != nil else { return await within(.seconds(5)) { await endpoint.accepts() } ?? false }
        var pair: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &pair) == 0 else {
            throw SpawnError(.overCapacity, "no further connection can be made; raise the daemon's limit on open files")
        }
        let (near, far) = (pair[0], pair[1])
        defer { close(near) }
        let link: any SSHLink
        do {
            link = try await machines.link(to: ssh.place)
        } catch {
            close(far)
            throw error
        }
        do {
            try await link.carry(
                OpenSocket(owning: far), to: .tcp(host: LocalMachine.reachable(ssh.address), port: port))
        } catch let error as SpawnError where error.code == .backendFailed || error.code == .unavailable {
            return false
        }
        return true
    }

    private func ended(_ status: Int32?, _ answer: ShellAnswer, at place: SSHPlace) -> SpawnError {
        let log = answer.lines.filter { $0.first == "log" }.map { $0.dropFirst().joined(separator: " ") }
        let how =
            switch status {
            case .some(127):
                "could not be started: its program is not there (status 127); install it, or set 'cmd' or 'path'"
            case .some(71): "was not started: its limits cannot be held there; see 'limits'"
            case .some(72): "was not started: 'notebook_dir' is not there"
            case .some(73): "was not started: 'conda_env' cannot be activated there"
            case .some(let signal) where signal < 0: "was ended by signal \(-signal) before it answered"
            case .some(let status): "ended with exit status \(status) before it answered; see the end of its log"
            case nil: "ended before it answered"
            }
        // The system says "Address already in use", Jupyter "The port 8888 is already in use."
        let taken = log.contains { $0.contains("already in use") }
        return SpawnError(taken ? .unavailable : .backendFailed, "the server at \(place) \(how)", details: log)
    }
}

extension Endpoint {
    /// Whether somebody takes connections there.
    func accepts() async -> Bool {
        await BlockingWork.run {
            var hints = addrinfo()
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
            var found: UnsafeMutablePointer<addrinfo>?
            guard getaddrinfo(host, String(port), &hints, &found) == 0 else { return false }
            defer { freeaddrinfo(found) }
            var next = found
            while let address = next?.pointee {
                next = address.ai_next
                let descriptor = socket(
                    address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), address.ai_protocol)
                guard descriptor >= 0 else { continue }
                defer { close(descriptor) }
                var limit = timeval(tv_sec: 3, tv_usec: 0)
                setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
                if connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return true }
            }
            return false
        }
    }
}
