public import MultipleSpawner

extension SSHBackend {
    /// Returns when all its processes are gone, and its files, and the tunnels.
    ///
    /// - Throws: `unavailable` where the machine cannot be reached: what is there is there still.
    public func stop(_ handle: Handle, grace: Duration) async throws {
        let ssh = try SSHHandle(handle)
        // Half a stop would leave something behind, so it has a task of its own.
        try await Task { try await end(ssh, grace: grace) }.value
    }

    public func abandon(_ handle: Handle) async {
        guard let session = (try? SSHHandle(handle))?.session else { return }
        await forget(session)
    }

    func end(_ ssh: SSHHandle, grace: Duration) async throws {
        _ = places.takeListening(ssh.attempt)
        let grace = ssh.stopGrace.map { min(grace, .seconds($0)) } ?? grace
        let answer = try await machines.runAgain(
            StopProgram(handle: ssh, grace: grace).text(), at: ssh.place, limit: grace + .seconds(20))
        if let stuck = answer["stuck"] {
            throw SpawnError(
                .timedOut,
                "processes \(stuck.joined(separator: ", ").excerpt) of \(ssh.place) do not end, although they were killed; they "
                    + "may be waiting for a disk; try again")
        }
        guard answer["gone"] != nil else { throw answer.failure("stopping the server") }
        if let session = ssh.session { await forget(session) }
    }

    /// Lets go of what is held for a session here.
    private func forget(_ session: SessionID) async {
        places.forgetPort(of: session)
        await tunnels.close(session)
    }
}
