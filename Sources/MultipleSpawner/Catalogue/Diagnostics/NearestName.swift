/// Finds the name that was probably meant.
public enum NearestName {
    /// The candidate that is nearest to `name`, when it is near enough to be a misspelling of it.
    ///
    /// Near enough is one change (a letter more, less, other, or two swapped) for each three letters, at least one.
    public static func of(_ name: String, among candidates: some Sequence<String>) -> String? {
        let wanted = Array(name.lowercased().utf8)
        guard !wanted.isEmpty, wanted.count <= longestName else { return nil }
        let bound = max(1, wanted.count / 3)
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let letters = Array(candidate.lowercased().utf8)
            guard letters.count <= longestName, abs(letters.count - wanted.count) <= bound else { continue }
            let found = distance(wanted, letters)
            if found <= bound, found < best?.distance ?? .max { best = (candidate, found) }
        }
        return best?.name
    }

    /// `; did you mean 'images'?`, or the names there are when they are few, or nothing.
    static func proposal(for name: String, among candidates: [String]) -> String {
        if let nearest = of(name, among: candidates) { return "; did you mean '\(nearest.excerpt)'?" }
        guard !candidates.isEmpty else { return "" }
        return "; known are \(list(candidates))"
    }

    /// `'a', 'b', 'c'`, at most twelve of them.
    static func list(_ names: [String]) -> String {
        let shown = names.prefix(12).map { "'\($0.excerpt)'" }.joined(separator: ", ")
        return names.count > 12 ? "\(shown) and \(names.count - 12) more" : shown
    }

    /// Longer names are no misspellings, and comparing them would cost time that a stranger chooses.
    private static let longestName = 64

    /// Damerau and Levenshtein's distance, each pair of letters swapped at most once.
    static func distance(_ first: [UInt8], _ second: [UInt8]) -> Int {
        guard !first.isEmpty else { return second.count }
        guard !second.isEmpty else { return first.count }
        var beforeLast = [Int](repeating: 0, count: second.count + 1)
        var last = Array(0...second.count)
        var current = last
        for row in 1...first.count {
            current[0] = row
            for column in 1...second.count {
                let isSame = first[row - 1] == second[column - 1]
                var cost = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (isSame ? 0 : 1))
                if row > 1, column > 1, first[row - 1] == second[column - 2], first[row - 2] == second[column - 1] {
                    cost = min(cost, beforeLast[column - 2] + 1)
                }
                current[column] = cost
            }
            (beforeLast, last, current) = (last, current, beforeLast)
        }
        return last[second.count]
    }
}
