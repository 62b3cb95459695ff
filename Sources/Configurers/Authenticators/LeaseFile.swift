import MultipleSpawner
import Transport

/// Who uses what several sessions may share, such as the key of one user's servers: what is made with the first of them
/// goes with the last.
///
/// It is a file, so that it is known after a crash, and so that several daemons may share a directory. All calls wait on
/// the calling thread, and do their work while nobody else takes or gives.
struct LeaseFile: Sendable, Hashable {
    let path: String

    /// Notes that `holder` uses the thing. Taking it twice is taking it once.
    ///
    /// - Parameter ifFirst: is done first where nobody used it.
    func take(
        _ thing: String, by holder: SessionID, ifFirst work: () throws(SpawnError) -> Void
    ) throws(SpawnError) {
        let line = line(thing, holder)
        _ = try LinesFile(path).edit { lines throws(SpawnError) in
            if !lines.contains(where: { isAbout(thing, $0) }) { try work() }
            guard !lines.contains(line) else { return false }
            lines.append(line)
            return true
        }
    }

    /// Notes that `holder` does not use the thing any more. Giving what is not held is no error.
    ///
    /// - Parameter ifLast: is done first where nobody else uses it. It may be done again, where the process is killed
    ///   before that is noted.
    func give(
        _ thing: String, by holder: SessionID, ifLast work: () throws(SpawnError) -> Void
    ) throws(SpawnError) {
        let line = line(thing, holder)
        _ = try LinesFile(path).edit { lines throws(SpawnError) in
            guard lines.contains(line) else { return false }
            lines.removeAll { $0 == line }
            if !lines.contains(where: { isAbout(thing, $0) }) { try work() }
            return true
        }
    }

    /// Does the work where `holder` uses the thing, and while nobody gives it up.
    func whileHeld(
        _ thing: String, by holder: SessionID, work: () throws(SpawnError) -> Void
    ) throws(SpawnError) {
        let line = line(thing, holder)
        _ = try LinesFile(path).edit { lines throws(SpawnError) in
            if lines.contains(line) { try work() }
            return false
        }
    }

    /// Whether anybody uses the thing.
    func isTaken(_ thing: String) throws(SpawnError) -> Bool {
        try LinesFile(path).read().contains { isAbout(thing, $0) }
    }

    /// A session's name has no blank.
    private func line(_ thing: String, _ holder: SessionID) -> [UInt8] {
        Array("\(holder.rawValue) \(thing)".utf8)
    }

    private func isAbout(_ thing: String, _ line: [UInt8]) -> Bool {
        line.split(separator: UInt8(ascii: " "), maxSplits: 1).last?.elementsEqual(thing.utf8) == true
    }
}
