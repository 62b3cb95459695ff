import MultipleSpawner
import Transport

/// An `authorized_keys` file of this machine, with lines that let sessions' machines connect through it, and nothing else.
struct AuthorizedKeys: Sendable, Hashable {
    private let path: String

    init(_ path: String) {
        self.path = path
    }

    /// Lets the holder of the key open connections to these places. It gets no shell, no terminal and no command.
    func add(_ key: SSHPublicKey, for session: SessionID, permitOpen: [String]) async throws(SpawnError) {
        let places = permitOpen.map { #"permitopen="\#($0)""# }.joined(separator: ",")
        let line = Array(#"restrict,port-forwarding,\#(places),command="/bin/false" \#(key) \#(mark(session))"#.utf8)
        try await FileWork.run { () throws(SpawnError) in
            _ = try LinesFile(path).edit { lines in
                guard !lines.contains(line) else { return false }
                lines.removeAll { isOf(session, $0) }
                lines.append(line)
                return true
            }
        }
    }

    /// Removes the line of a session, and no other.
    func remove(_ session: SessionID) async throws(SpawnError) {
        try await FileWork.run { () throws(SpawnError) in
            _ = try LinesFile(path).edit { lines in
                let count = lines.count
                lines.removeAll { isOf(session, $0) }
                return lines.count != count
            }
        }
    }

    private func mark(_ session: SessionID) -> String { "multiplespawner:\(session.rawValue)" }

    private func isOf(_ session: SessionID, _ line: [UInt8]) -> Bool {
        line.split(separator: UInt8(ascii: " ")).last?.elementsEqual(mark(session).utf8) == true
            && line.starts(with: "restrict,port-forwarding,".utf8)
    }
}
