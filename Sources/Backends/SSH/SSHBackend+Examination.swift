public import MultipleSpawner
import Transport

extension SSHBackend {
    /// Whether every machine of the options could serve now: it is reached, knows us, has what a server needs and lets
    /// tunnels through.
    public func examine(_ options: JSONValue) async -> [Finding] {
        let read: SSHOptions
        do {
            read = try SSHOptions(options)
            _ = try read.candidates()
        } catch {
            return [Finding(.failed, "ssh: options", error.message)]
        }
        return await withTaskGroup(of: (Int, [Finding]).self) { group in
            for (number, host) in read.hosts.enumerated() {
                group.addTask { (number, await examine(host, read)) }
            }
            var findings: [Int: [Finding]] = [:]
            for await (number, found) in group { findings[number] = found }
            return findings.sorted { $0.key < $1.key }.flatMap(\.value)
        }
    }

    private func examine(_ host: SSHHost, _ options: SSHOptions) async -> [Finding] {
        let subject = "ssh: \(host.text.excerpt)"
        let place: SSHPlace
        do {
            guard let somebody = host.address.user ?? options.user else {
                return [
                    Finding(
                        .warning, subject,
                        "the account is the user's own, so the login cannot be tried here; set 'user' to try one")
                ]
            }
            place = try options.place(on: host, for: try SessionIdentity(hub: "doctor", user: somebody), account)
        } catch {
            return [Finding(.failed, subject, SpawnError(wrapping: error, "cannot be read").message)]
        }
        do {
            let answer = try await machines.runAgain(
                ExaminationProgram(options: options, host: host).text(), at: place, limit: .seconds(20))
            guard answer["here"] != nil else { throw answer.failure("looking at it") }
            var findings = [Finding(.ok, subject, "the login as \(place.user.excerpt) works")]
            findings += ExaminationProgram.findings(answer, subject)
            if let finding = await forwarding(place, options, subject) { findings.append(finding) }
            return findings
        } catch {
            return [
                Finding(.failed, subject, SpawnError(wrapping: error, as: .unavailable, "cannot be reached").message)
            ]
        }
    }

    /// A port that leads to the hub, as a start would open it, and closed again.
    private func forwarding(_ place: SSHPlace, _ options: SSHOptions, _ subject: String) async -> Finding? {
        guard options.hub.isForwarded || options.connect == .tunnel else { return nil }
        do {
            let tunnel = try await machines.link(to: place).listen(
                at: .tcp(host: "127.0.0.1", port: 0), carryingTo: .tcp(host: "127.0.0.1", port: 1))
            await tunnel.close()
            return Finding(.ok, subject, "tunnels are allowed")
        } catch {
            return Finding(.failed, subject, SpawnError(wrapping: error, "tunnels are refused").message)
        }
    }
}
