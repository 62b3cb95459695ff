import Glibc
import MultipleSpawner

extension LocalMachine {
    /// Every session that a process of this machine carries the label of, as far as it is this daemon's.
    func census(_ kind: BackendKind) async throws(SpawnError) -> Census {
        let result = await BlockingWork.run { [self] in
            Result { () throws(SystemError) in try residents(kind) }
        }
        do throws(SystemError) {
            return Census(try result.get())
        } catch {
            throw SpawnError(.unavailable, "the processes of this machine cannot be listed: \(error)")
        }
    }

    private func residents(_ kind: BackendKind) throws(SystemError) -> [Resident] {
        var leaders: [SessionID: (status: ProcessStatus, environment: ProcessEnvironment)] = [:]
        for status in try ProcessStatus.all() where !status.isDead {
            guard let environment = ProcessEnvironment(of: status.pid),
                environment[SessionLabels.backend] == kind.rawValue,
                environment[SessionLabels.owner] == logDirectory,
                let session = environment[SessionLabels.session].flatMap(SessionID.init(rawValue:))
            else { continue }
            // A server's children carry its label too; the server is the one that leads a session and is the oldest.
            if let known = leaders[session]?.status, !status.isLikelierLeader(than: known) { continue }
            leaders[session] = (status, environment)
        }
        return leaders.compactMap { session, leader in resident(session, leader.status, leader.environment, kind) }
    }

    private func resident(
        _ session: SessionID, _ status: ProcessStatus, _ environment: ProcessEnvironment, _ kind: BackendKind
    ) -> Resident? {
        let identity = try? SessionIdentity(
            hub: environment[SessionLabels.hub] ?? "", user: environment[SessionLabels.user] ?? "",
            server: environment[SessionLabels.server] ?? "")
        var local = handle(of: status, environment)
        local.session = session
        local.cgroups = hierarchies.map { "\($0.base)/\(session.rawValue)" }.filter { access($0, F_OK) == 0 }
        local.log = log(of: session).path
        guard let handle = try? Handle(local, backend: kind) else { return nil }
        return Resident(
            session: session, identity: identity, handle: handle, description: "process \(status.pid)")
    }

    private func handle(of status: ProcessStatus, _ environment: ProcessEnvironment) -> LocalHandle {
        let service = environment["JUPYTERHUB_SERVICE_URL"].flatMap(ServiceURL.init)
        return LocalHandle(
            session: nil, pid: status.pid, startTime: status.startTime, bootID: bootID,
            uid: ProcessStatus.uid(of: status.pid) ?? 0, address: service?.address ?? "127.0.0.1",
            port: service?.port ?? 0)
    }

    /// The handle of a process that carries the labels of this session and this user, made from the process itself.
    ///
    /// Of what is given, only the process is looked up by its number, and only if it is still the same one.
    func confirm(
        _ given: Handle, of session: SessionID, for identity: SessionIdentity, kind: BackendKind
    ) throws(SpawnError) -> Handle? {
        let claimed = try LocalHandle(given)
        guard claimed.bootID == bootID, let environment = ProcessEnvironment(of: claimed.pid),
            let status = try living(claimed.pid),
            status.startTime == claimed.startTime,
            environment[SessionLabels.owner] == logDirectory, environment[SessionLabels.backend] == kind.rawValue,
            environment[SessionLabels.session] == session.rawValue, environment[SessionLabels.hub] == identity.hub,
            environment[SessionLabels.user] == identity.user, environment[SessionLabels.server] == identity.server
        else { return nil }
        return resident(session, status, environment, kind)?.handle
    }

    /// The process of this number, where one lives. One that cannot be looked at is not taken for gone.
    private func living(_ pid: Int32) throws(SpawnError) -> ProcessStatus? {
        do throws(SystemError) {
            guard let status = try ProcessStatus.read(pid), !status.isDead else { return nil }
            return status
        } catch {
            throw SpawnError(.unavailable, "process \(pid) of the hub's state cannot be looked at: \(error)")
        }
    }

    /// Reads the `pid` that JupyterHub's own local spawners keep.
    ///
    /// It is a bare number that may long mean another process, so it is believed only while that process carries what
    /// JupyterHub gives to that user's server, and is not one of ours, which are known by their labels.
    func handle(
        fromOriginal state: JSONValue, for identity: SessionIdentity, kind: BackendKind
    ) throws(SpawnError) -> Handle? {
        guard let number = state["pid"]?.integerValue, let pid = Int32(exactly: number), pid > 1 else { return nil }
        guard try living(pid) != nil else { return nil }
        guard let environment = ProcessEnvironment(of: pid) else {
            throw SpawnError(
                .forbidden,
                "process \(pid) of the hub's state belongs to another account; run the daemon as root to take it over")
        }
        // Read again: what was just looked at must be one and the same process.
        guard let status = try living(pid),
            environment[SessionLabels.session] == nil, environment["JUPYTERHUB_USER"] == identity.user,
            environment["JUPYTERHUB_SERVER_NAME"] ?? "" == identity.server
        else { return nil }
        return try Handle(handle(of: status, environment), backend: kind)
    }
}

extension ProcessStatus {
    fileprivate func isLikelierLeader(than other: ProcessStatus) -> Bool {
        let (leads, otherLeads) = (session == pid, other.session == other.pid)
        return leads == otherLeads ? startTime < other.startTime : leads
    }
}
