import MultipleSpawner

/// Reads what `CensusProgram` tells. The account's owner may have written any of it: nothing leads anywhere but back to
/// that account.
struct CensusReader {
    let place: SSHPlace
    let base: String
    let installation: String

    private struct Found {
        var session: SessionID
        var labels: [String: String] = [:]
        var state: [Substring] = []
    }

    func residents(_ lines: [[Substring]]) -> [Resident] {
        var all: [Found] = []
        for words in lines {
            let values = words.dropFirst()
            switch words.first {
            case "session":
                guard let id = values.first.flatMap({ SessionID(rawValue: String($0)) }) else { continue }
                all.append(Found(session: id))
            case "label" where values.count == 2 && !all.isEmpty:
                all[all.count - 1].labels[String(values[values.startIndex])] = LabelText.decoded(values.last ?? "")
            case "state" where !all.isEmpty: all[all.count - 1].state = Array(values)
            default: continue
            }
        }
        return all.compactMap(resident)
    }

    private func resident(_ found: Found) -> Resident? {
        // One without labels was cut off before it had any; its directory is told, as somebody has to remove it.
        guard found.labels["installation"] ?? installation == installation else { return nil }
        // Machines may share the homes: a session is where it was started, and nowhere else.
        let here = "\(place.host):\(place.port)"
        guard found.labels["host"] ?? here == here else { return nil }
        let identity = try? SessionIdentity(
            hub: found.labels["hub"] ?? "", user: found.labels["user"] ?? "", server: found.labels["server"] ?? "")
        var ssh = SSHHandle(
            session: found.session, attempt: found.labels["attempt"] ?? found.session.rawValue, place: place,
            base: base, address: found.labels["address"] ?? "127.0.0.1")
        ssh.isTLS = found.labels["tls"] == "yes"
        ssh.port = found.labels["port"].flatMap { Int($0) }.flatMap { (1...65535).contains($0) ? $0 : nil }
        if found.state.count == 3, let pid = Int(found.state[0]), let start = UInt64(found.state[1]) {
            ssh.pid = pid
            ssh.startTime = start
            ssh.bootID = String(found.state[2])
        }
        guard let handle = try? Handle(ssh, backend: SSHBackend.kind), (try? SSHHandle(handle)) != nil else {
            return nil
        }
        let what = ssh.pid.map { "process \($0)" } ?? "a start that was cut off"
        return Resident(
            session: found.session, identity: identity, handle: handle, description: "\(what) of \(place)")
    }
}
