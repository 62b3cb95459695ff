extension Shape {
    /// What a value of this shape is, as a message says it: `a whole number from 1 to 65535`.
    var expectation: String {
        switch self {
        case .string, .setting, .words: "a string"
        case .choice(let choices): "one of \(NearestName.list(choices))"
        case .boolean: "true or false"
        case .integer(let range): "a whole number\(Self.bounds(range, least: .min, most: .max))"
        case .number(let range):
            "a number\(Self.bounds(range, least: -.greatestFiniteMagnitude, most: .greatestFiniteMagnitude))"
        case .memory:
            "an amount of memory from \(MemorySize.text(MemorySize.range.lowerBound)) to "
                + "\(MemorySize.text(MemorySize.range.upperBound)): a number of GB, or text such as '512M'"
        case .quantity(let quantity): quantity.expectation
        case .path: "a path"
        case .list(let element): "a list, each \(element.expectation)"
        case .map, .object: "an object"
        case .either(let shapes): shapes.map(\.expectation).joined(separator: ", or ")
        case .anything: "any value"
        }
    }

    private static func bounds<Bound: Comparable>(_ range: ClosedRange<Bound>, least: Bound, most: Bound) -> String {
        switch (range.lowerBound > least, range.upperBound < most) {
        case (false, false): ""
        case (true, false): " from \(plain(range.lowerBound))"
        case (false, true): " up to \(plain(range.upperBound))"
        case (true, true): " from \(plain(range.lowerBound)) to \(plain(range.upperBound))"
        }
    }

    private static func plain<Bound>(_ bound: Bound) -> String {
        (bound as? Double).map(MemorySize.number) ?? "\(bound)"
    }
}
