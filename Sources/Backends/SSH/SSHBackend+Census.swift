public import MultipleSpawner

extension SSHBackend {
    /// The sessions that have a directory in an account that is known: by the files, or by what was started there.
    public func census() async throws -> Census {
        let known = places.all(account)
        return await withTaskGroup(of: Census.self) { group in
            for (place, base) in known {
                group.addTask {
                    do {
                        return Census(try await residents(at: place, base: base))
                    } catch {
                        let reason = SpawnError(wrapping: error, as: .unavailable, "cannot be asked").message
                        return Census(unreachable: ["host '\(place.host.excerpt)': \(reason)"])
                    }
                }
            }
            var census = Census()
            for await part in group {
                census.residents += part.residents
                census.unreachable += part.unreachable
            }
            return census
        }
    }

    /// A start writes its handle down before it makes anything, and a stop with that handle removes all of the session.
    public func residents(of session: SessionID) async throws -> [Resident] { [] }

    func residents(at place: SSHPlace, base: String, session: SessionID? = nil) async throws -> [Resident] {
        let answer = try await machines.runAgain(CensusProgram(base: base, session: session).text(), at: place)
        guard answer["here"] != nil else { throw answer.failure("listing sessions") }
        return CensusReader(place: place, base: base, installation: installation).residents(answer.lines)
    }

    /// Asks the machine, as the files name it: of what a hub kept, only which of them it was is believed, and at which of
    /// our ports its users look for it.
    public func confirm(
        _ handle: Handle, of session: SessionID, for identity: SessionIdentity
    ) async throws -> Handle? {
        guard let claimed = try? SSHHandle(handle), claimed.session == session,
            let place = trusted(claimed, for: identity)
        else { return nil }
        let found = try await residents(at: place, base: claimed.base, session: session)
        guard let resident = found.first(where: { $0.session == session && $0.identity == identity }),
            var confirmed = try? SSHHandle(resident.handle), confirmed.pid != nil
        else { return nil }
        confirmed.localPort = claimed.localPort.flatMap { (1024...65535).contains($0) ? $0 : nil }
        confirmed.directHost = confirmed.localPort == nil ? claimed.directHost : nil
        confirmed.stopGrace = claimed.stopGrace
        confirmed.hub = claimed.hub
        places.note(place, base: claimed.base)
        tunnels.resume(confirmed)
        return try Handle(confirmed, backend: Self.kind)
    }

    /// The place that a handle names, as this daemon's files have it for that user; `nil` where they do not.
    private func trusted(_ claimed: SSHHandle, for identity: SessionIdentity) -> SSHPlace? {
        for options in places.options(for: identity) where options.base == claimed.base {
            for host in options.hosts where host.address.host == claimed.place.host {
                guard let place = try? options.place(on: host, for: identity, account),
                    place.port == claimed.place.port, place.user == claimed.place.user
                else { continue }
                return place
            }
        }
        return nil
    }
}
