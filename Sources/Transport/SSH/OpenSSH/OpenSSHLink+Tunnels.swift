import Glibc
import MultipleSpawner
import Subprocess
import Synchronization

extension OpenSSHLink {
    public func carry(_ socket: consuming OpenSocket, to end: TunnelEnd) async throws {
        let near = socket.take()
        let far: Int32
        do {
            if let end = master.end { throw end }
            far = try await connect(to: try await entrance(to: end))
        } catch {
            Glibc.close(near)
            throw error
        }
        let said = master.count
        let pump = SocketPump(near, far)
        let (signs, sign) = AsyncStream<Bool>.makeStream()
        let number = pumps.add(pump)
        pump.start(
            heard: { sign.yield($0) },
            ended: { [pumps] in
                pumps.remove(number)
                sign.finish()
            })
        let timer = Task {
            try await Task.sleep(for: Self.soon)
            sign.yield(true)
        }
        defer { timer.cancel() }
        for await isGood in signs {
            guard !isGood,
                let refusal = await master.refusal(of: end, at: target, after: said, within: Self.soon)
            else { return }
            throw refusal
        }
    }

    /// `ssh` says nothing of a tunnel that stands; one that was refused is closed by then.
    private static let soon = Duration.milliseconds(300)

    /// A socket in the private directory that leads to `end`.
    private func entrance(to end: TunnelEnd) async throws -> String {
        try await entrances.path(to: end) { [self] number in
            let path = "\(directory.path)/\(number)"
            try await forward(["-O", "forward", "-L", "\(path):\(Self.text(end))"]) { complaint in
                SpawnError(.backendFailed, "no tunnel to \(end) of \(place) can be made", cause: complaint)
            }
            return path
        }
    }

    private func connect(to path: String) async throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else {
            throw SpawnError(.overCapacity, "no further connection can be made; raise the daemon's limit on open files")
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        // A unix socket connects at once, or not at all.
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            Glibc.close(descriptor)
            throw master.end ?? SpawnError(.unavailable, "the connection to \(place) was lost")
        }
        return descriptor
    }

    public func listen(at remote: TunnelEnd, carryingTo local: TunnelEnd) async throws -> any BackwardTunnel {
        if let end = master.end { throw end }
        let specification = "\(Self.text(remote)):\(Self.text(local))"
        let answer = try await forward(["-O", "forward", "-R", specification]) { complaint in
            SpawnError(
                .conflict,
                "\(place) does not listen at \(remote) for us: the port is taken, or its sshd_config forbids it "
                    + "('AllowTcpForwarding')", cause: complaint)
        }
        guard case .tcp(let host, 0) = remote else {
            return OpenSSHTunnel(remote: remote, specification: specification, link: self)
        }
        guard let port = Int(answer.split(whereSeparator: \.isWhitespace).last ?? ""), (1...65535).contains(port) else {
            throw SpawnError(.backendFailed, "ssh did not say at which port \(place) listens")
        }
        return OpenSSHTunnel(remote: .tcp(host: host, port: port), specification: specification, link: self)
    }

    @discardableResult
    func forward(_ words: [String], _ failure: (OpenSSHComplaint) -> SpawnError) async throws -> String {
        let result = try await Subprocess.run(
            asking(words + ["--", "link"]), output: .string(limit: 4096), error: .string(limit: 1 << 16))
        guard case .exited(0) = result.terminationStatus else {
            try Task.checkCancellation()
            if let end = master.end { throw end }
            throw failure(OpenSSHComplaint(result.standardError))
        }
        return result.standardOutput
    }

    /// As `ssh -L` and `-R` write it.
    private static func text(_ end: TunnelEnd) -> String {
        switch end {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unixSocket(let path): path
        }
    }
}

/// A port of the other machine that leads here.
private struct OpenSSHTunnel: BackwardTunnel {
    let remote: TunnelEnd
    let specification: String
    let link: OpenSSHLink

    func close() async {
        _ = try? await link.forward(["-O", "cancel", "-R", specification]) { $0.reason(of: link.target) }
    }
}
