public import MultipleSpawner
import Transport

extension ExecBackend {
    public func poll(_ handles: [Handle]) async -> [Observation] {
        var states: [Handle: Observation.State] = [:]
        var asked: [ExecPlace: [(handle: Handle, exec: ExecHandle)]] = [:]
        for handle in Set(handles) {
            do throws(SpawnError) {
                let exec = try trusted(handle)
                if exec.hasStarted || exec.answer != nil {
                    asked[exec.place, default: []].append((handle, exec))
                } else {
                    states[handle] = .unreachable("its start has not told yet what it made")
                }
            } catch {
                states[handle] = .unreachable(error.message)
            }
        }
        await withTaskGroup(of: [(Handle, Observation.State)].self) { group in
            for (place, servers) in asked {
                group.addTask { await self.look(at: servers, in: place) }
            }
            for await seen in group {
                for (handle, state) in seen { states[handle] = state }
            }
        }
        return handles.map { Observation($0, states[$0] ?? .unreachable("nothing is known of it")) }
    }

    /// What a program says of its servers; that it cannot be asked says nothing about them.
    private func look(
        at servers: [(handle: Handle, exec: ExecHandle)], in place: ExecPlace
    ) async -> [(Handle, Observation.State)] {
        do {
            let program = try program(of: place)
            let answer = try await program.ask(
                "poll", fields(of: place, ["servers": .array(servers.map { .object($0.exec.fields) })]))
            let states = answer["servers"]?.arrayValue ?? []
            guard states.count == servers.count else {
                throw SpawnError(
                    .backendFailed,
                    "\(program.name) answered to 'poll' for \(states.count) of \(servers.count) servers; it has to answer for each"
                )
            }
            return zip(servers, states).map { ($0.handle, Observation.State($1)) }
        } catch {
            let reason = SpawnError(wrapping: error, as: .unavailable, "the program cannot be asked").message
            return servers.map { ($0.handle, .unreachable(reason)) }
        }
    }

    public func census() async throws -> Census {
        var census = Census()
        for place in places.all.sorted(by: { $0.command.joined() < $1.command.joined() }) {
            do {
                let answer = try await program(of: place).ask("census", fields(of: place))
                for found in answer["servers"]?.arrayValue ?? [] {
                    census.residents.append(try resident(found, in: place))
                }
                census.unreachable += (answer["unreachable"]?.words ?? []).map { ProgramWords.line($0) }
            } catch {
                census.unreachable.append(
                    SpawnError(wrapping: error, as: .unavailable, "a program cannot be asked").message)
            }
        }
        return census
    }

    private func resident(_ found: JSONValue, in place: ExecPlace) throws(SpawnError) -> Resident {
        let session = try SessionID(found["session"]?.stringValue ?? "")
        let identity = try? SessionIdentity(
            hub: found["hub"]?.stringValue ?? "", user: found["user"]?.stringValue ?? "",
            server: found["server"]?.stringValue ?? "")
        let handle = ExecHandle(session: session, place: place, answer: found["handle"], hasStarted: true)
        return Resident(
            session: session, identity: identity, handle: try Handle(handle, backend: Self.kind),
            description: ProgramWords.line(found["description"]?.stringValue ?? ""))
    }

    /// Nothing is made before a handle with the session's name is written down, and `stop` takes that handle: there is
    /// nothing to look for.
    public func residents(of session: SessionID) async throws -> [Resident] { [] }
}

extension Observation.State {
    /// - Parameter answer: of a program, held against the declaration.
    fileprivate init(_ answer: JSONValue) {
        let reason = ProgramWords.line(answer["reason"]?.stringValue ?? "")
        switch answer["state"]?.stringValue {
        case "running": self = .running
        case "exited": self = .exited(answer["status"]?.integerValue.flatMap(Int32.init(exactly:)))
        case "lost": self = .lost(reason.isEmpty ? "the server is gone" : reason)
        default: self = .unreachable(reason.isEmpty ? "the program cannot tell" : reason)
        }
    }
}
