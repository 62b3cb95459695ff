import MultipleSpawner

/// What a `remote_port_command` printed: `41234`, `10.0.0.7 41234` or `41234 10.0.0.7`, in its last line.
struct PortAnswer: Sendable, Hashable {
    let port: Int
    let address: String?

    init(_ text: String) throws(SpawnError) {
        let line = text.split(whereSeparator: \.isNewline).last { !$0.allSatisfy(\.isWhitespace) } ?? ""
        let words = line.split(whereSeparator: { $0.isWhitespace || $0 == "," })
        func port(_ word: Substring) -> Int? {
            guard word.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
            return Int(word).flatMap { (1...65535).contains($0) ? $0 : nil }
        }
        func address(_ word: Substring) -> String? {
            SocketAddress(String(word), port: 1) == nil ? nil : String(word)
        }
        switch words.count {
        case 1:
            if let port = port(words[0]) {
                self.port = port
                self.address = nil
                return
            }
        case 2:
            for (one, other) in [(words[0], words[1]), (words[1], words[0])] {
                if let port = port(one), let address = address(other) {
                    self.port = port
                    self.address = address
                    return
                }
            }
        default: break
        }
        throw SpawnError(
            .backendFailed,
            "'remote_port_command' printed '\(line.description.excerpt)'; it has to print 'port', 'ip port' or 'port ip'"
        )
    }
}
