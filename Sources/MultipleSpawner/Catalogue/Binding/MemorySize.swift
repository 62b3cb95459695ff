/// Reads and writes amounts of memory as people do.
public enum MemorySize {
    /// The least and the most that is taken for an amount of memory, in bytes: 1 MB to 64 TB.
    public static let range = 1 << 20...1 << 46

    /// Bytes, from a number of GB (`"2"`, `"0.5"`) or text with a unit (`"512M"`, `"2 GiB"`); `nil` when it is neither.
    ///
    /// Units are powers of 1024, as in JupyterHub. The result may lie outside of `range`.
    public static func bytes(_ text: String) -> Int? {
        var digits = Substring(text).trimmed
        var letters = digits.reversed().prefix { $0.isLetter }.count
        guard letters <= 3, letters < digits.count else { return nil }
        let unit = digits.suffix(letters).uppercased()
        // `2e3` is no number of E3.
        digits = digits.dropLast(letters)
        letters = unit.count
        let shift: Int? =
            switch unit {
            case "", "G", "GB", "GIB": 30
            case "B": 0
            case "K", "KB", "KIB": 10
            case "M", "MB", "MIB": 20
            case "T", "TB", "TIB": 40
            default: nil
            }
        guard let shift, digits.utf8.first?.isDigit == true, let amount = Double(decimal: String(digits)) else {
            return nil
        }
        return bytes(amount * Double(1 << shift))
    }

    /// Bytes, from a number of GB.
    public static func bytes(gigabytes: Double) -> Int? {
        bytes(gigabytes * Double(ResourceSpecification.gibibyte))
    }

    private static func bytes(_ amount: Double) -> Int? {
        guard amount.isFinite, abs(amount) < Double(1 << 60) else { return nil }
        return Int(amount.rounded())
    }

    /// `2 GB`, `512 MB`, `1.5 GB`.
    public static func text(_ bytes: Int) -> String {
        for (shift, unit) in [(40, "TB"), (30, "GB"), (20, "MB"), (10, "KB")] where bytes >= 1 << shift {
            return "\(number(Double(bytes) / Double(1 << shift))) \(unit)"
        }
        return "\(bytes) bytes"
    }

    /// The number of GB as the form shows it: `2`, `0.5`.
    public static func gigabytes(_ bytes: Int) -> String {
        number(Double(bytes) / Double(ResourceSpecification.gibibyte))
    }

    /// A number without needless digits: `2`, `0.5`, `1.25`.
    static func number(_ value: Double) -> String {
        let rounded = (value * 1000).rounded() / 1000
        return Int(exactly: rounded).map(String.init) ?? String(rounded)
    }
}

extension Double {
    /// A number in decimal digits, spaces around it aside. The plain initialiser also takes `nan`, `inf` and
    /// hexadecimal.
    init?(decimal text: String) {
        let digits = Substring(text).trimmed
        guard digits.utf8.allSatisfy({ $0.isDigit || "+-.eE".utf8.contains($0) }) else { return nil }
        self.init(digits)
    }
}

extension Substring {
    /// Without spaces at either end.
    var trimmed: Substring {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
