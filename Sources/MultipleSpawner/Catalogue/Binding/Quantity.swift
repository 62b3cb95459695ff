/// An amount that people write with a unit and an interface takes as a whole number.
///
/// What was bound once is taken again as it is, so that options may be held against their declaration twice.
public enum Quantity: String, Sendable, Hashable, CaseIterable {
    /// Bytes; text may have a unit: `536870912`, `"512M"`. Units are powers of 1024.
    case bytes
    /// Nanoseconds; text has a unit: `30000000000`, `"30s"`, `"1m30s"`, `"500ms"`.
    case nanoseconds
    /// Billionths of a core, from 1,000,000 on; smaller numbers are cores: `500000000`, `0.5`, `"500m"`.
    case nanoCPUs
    /// Permission bits of a file; text is octal: `292`, `"0444"`.
    case permissions

    /// What is taken for an amount. Below and above, somebody has mistaken the unit.
    var range: ClosedRange<Int> {
        switch self {
        case .bytes: 0...1 << 50
        case .nanoseconds: 0...31_536_000 * Self.billion
        case .nanoCPUs: Self.leastNanoCPUs...Self.mostCores * Self.billion
        case .permissions: 0...0o7777
        }
    }

    var expectation: String {
        switch self {
        case .bytes: "a number of bytes, or text such as '512M'"
        case .nanoseconds: "a time in nanoseconds, or text such as '30s'"
        case .nanoCPUs:
            "a number of cores such as 0.5, or of NanoCPUs (from 1000000 to \(Self.mostCores * Self.billion))"
        case .permissions: "permission bits: a number, or text in octal such as '0444'"
        }
    }

    /// Of the texts that are taken, for a schema.
    var pattern: String {
        switch self {
        case .bytes: "^\\s*[0-9]+(\\.[0-9]*)?\\s*([KMGTkmgt]?[Bb]?|[KMGTkmgt][Ii][Bb])\\s*$"
        case .nanoseconds: "^\\s*([0-9]+(\\.[0-9]+)?\\s*(ns|us|ms|s|m|h))+\\s*$|^\\s*[0-9]+\\s*$"
        case .nanoCPUs: "^\\s*[0-9]+(\\.[0-9]+)?\\s*m?\\s*$"
        case .permissions: "^(0o)?[0-7]+$"
        }
    }

    /// The amount that a number means; `nil` when it is none.
    func amount(_ number: Double) -> Int? {
        guard number.isFinite, number >= 0, number < Double(1 << 62) else { return nil }
        switch self {
        case .bytes, .nanoseconds, .permissions:
            return Int(exactly: number)
        case .nanoCPUs:
            if number >= Double(Self.leastNanoCPUs) { return Int(exactly: number) }
            return number <= Double(Self.mostCores) ? Int((number * Double(Self.billion)).rounded()) : nil
        }
    }

    /// The amount that a text means; `nil` when it is none.
    func amount(_ text: String) -> Int? {
        let digits = Substring(text).trimmed
        if self == .permissions { return Self.permissions(digits) }
        if let number = Double(plain: digits) { return amount(number) }
        switch self {
        case .bytes: return digits.utf8.contains { "eE".utf8.contains($0) } ? nil : MemorySize.bytes(String(digits))
        case .nanoseconds: return Self.nanoseconds(digits)
        case .nanoCPUs:
            guard digits.utf8.last == UInt8(ascii: "m"), let thousandths = Double(plain: digits.dropLast().trimmed)
            else { return nil }
            return amount(thousandths / 1000)
        case .permissions: return nil
        }
    }

    private static let billion = 1_000_000_000
    private static let leastNanoCPUs = 1_000_000
    private static let mostCores = 4096

    private static func permissions(_ text: Substring) -> Int? {
        let digits = text.hasPrefix("0o") ? text.dropFirst(2) : text
        return digits.utf8.first?.isDigit == true ? Int(digits, radix: 8) : nil
    }

    /// The sum of parts such as `1m` and `30s`.
    private static func nanoseconds(_ text: Substring) -> Int? {
        var rest = text
        var sum = 0.0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isNumber || $0 == "." }
            rest = rest[digits.endIndex...].trimmed
            let unit = rest.prefix { $0.isLetter }
            rest = rest[unit.endIndex...].trimmed
            guard let amount = Double(plain: digits), let factor = factors[String(unit)] else { return nil }
            sum += amount * factor
        }
        return sum < Double(1 << 62) ? Int(sum.rounded()) : nil
    }

    private static let factors: [String: Double] = [
        "ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9,
    ]
}

extension Double {
    /// Digits with at most one point, and nothing else.
    fileprivate init?(plain text: Substring) {
        guard text.utf8.first?.isDigit == true, text.utf8.allSatisfy({ $0.isDigit || $0 == UInt8(ascii: ".") }) else {
            return nil
        }
        self.init(text)
    }
}
