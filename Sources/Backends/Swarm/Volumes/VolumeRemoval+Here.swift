import Logging
import MultipleSpawner

extension VolumeRemoval {
    /// Removes volumes of the engine that is asked.
    ///
    /// - Throws: `timedOut` where a container of the session itself still holds one.
    func removeHere(_ names: [String], of session: SessionID, hub: String) async throws {
        try await removeContainers(of: session)
        for name in names { try await removeHere(name, of: session, hub: hub) }
    }

    private func removeHere(_ name: String, of session: SessionID, hub: String) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(15)
        // Before each try the label is read anew: in between, another volume may have been made under the same name.
        while try await isHeld(name, of: session, hub: hub) {
            guard clock.now < deadline else {
                throw SpawnError(
                    .timedOut, "the volume '\(name.excerpt)' is still held by a container of the session that has ended"
                )
            }
            // Docker tells nobody when the container that Swarm is removing lets go of its volumes.
            try await clock.sleep(for: .milliseconds(200))
            try await removeContainers(of: session)
        }
    }

    /// Removes a volume, or leaves it to whom it belongs; `true` where only the session's own containers hold it.
    private func isHeld(_ name: String, of session: SessionID, hub: String) async throws(DockerError) -> Bool {
        let path = DockerPath.joined(["volumes", name])
        do {
            let volume: SwarmVolume = try await docker.get(path)
            guard volume.name == name, volume.labels?[ServiceLabels.hub] == hub else {
                tell("a volume is left, for this hub did not make it", name, session)
                return false
            }
            try await docker.delete(path)
            tell("a volume is removed", name, session)
            return false
        } catch {
            if error.isNotFound { return false }
            guard error.isConflict else { throw error }
        }
        let users = try await containers(["volume": [name]])
        guard users.allSatisfy({ $0.session == session }) else {
            tell("a volume is left, for it is in use", name, session)
            return false
        }
        return true
    }

    /// Removes what has ended: Swarm itself would keep it, and with it the volumes, for up to six seconds.
    private func removeContainers(of session: SessionID) async throws {
        let ended = try await containers([
            "label": ["\(ServiceLabels.session)=\(session.rawValue)"], "status": ["created", "exited", "dead"],
        ])
        for container in ended {
            do throws(DockerError) {
                try await docker.delete(DockerPath.joined(["containers", container.id]), query: ["v": "true"])
            } catch {
                // Somebody else has done it, or is at it.
                guard [404, 409].contains(error.status) else { throw error }
            }
        }
    }

    private func containers(_ filters: DockerFilters) async throws(DockerError) -> [VolumeUser] {
        try await docker.get("/containers/json", query: ["all": "true", "filters": filters.text])
    }

    private func tell(_ event: String, _ name: String, _ session: SessionID) {
        log.info("\(event)", metadata: ["session": "\(session.rawValue)", "volume": "\(name.excerpt)"])
    }
}

/// A container that may hold a volume, `GET /containers/json`.
private struct VolumeUser: Sendable, Decodable {
    let id: String
    let labels: [String: String]?

    private enum CodingKeys: String, CodingKey {
        case id = "Id"
        case labels = "Labels"
    }

    var session: SessionID? { labels?[ServiceLabels.session].flatMap(SessionID.init(rawValue:)) }
}
