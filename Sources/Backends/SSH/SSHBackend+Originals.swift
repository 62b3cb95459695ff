public import MultipleSpawner

extension SSHBackend {
    /// Reads `{"pid", "remote_ip"}` of sshspawner and `{"pid", "remote_host"}` of cloudsshspawner.
    ///
    /// The number may long mean another process, so it is believed only while that process, on a machine of our files
    /// and in that user's account, carries what JupyterHub gives to that user's server.
    public func adopt(
        original state: JSONValue, for identity: SessionIdentity
    ) async throws -> (handle: Handle, endpoint: Endpoint)? {
        guard let number = state["pid"]?.integerValue ?? state["pid"]?.stringValue.flatMap({ Int($0) }),
            (2...Int(Int32.max)).contains(number),
            let host = (state["remote_host"] ?? state["remote_ip"])?.stringValue, SSHAddress.isHost(host)
        else { return nil }
        for options in places.options(for: identity) {
            for machine in options.hosts where machine.address.host == host || options.directAddress == host {
                let place = try options.place(on: machine, for: identity, account)
                let program = OriginalProgram(pid: number, identity: identity)
                let answer = try await machines.runAgain(program.text(), at: place)
                guard let words = answer["found"], words.count == 4, let start = UInt64(words[0]),
                    let port = Int(words[2]), (1...65535).contains(port)
                else { continue }
                var ssh = SSHHandle(
                    session: nil, attempt: "original", place: place, base: options.base, pid: number,
                    startTime: start, bootID: String(words[1]), address: String(words[3]), port: port)
                ssh.directHost = host
                let handle = try Handle(ssh, backend: Self.kind)
                guard let endpoint = ssh.endpoint else { continue }
                places.note(place, base: options.base)
                return (handle, endpoint)
            }
        }
        return nil
    }
}
