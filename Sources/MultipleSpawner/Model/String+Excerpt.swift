extension String {
    /// The text as it may stand in a message or a log line: one line, no control or direction characters, 80 at most.
    ///
    /// Names and options come from users; a log must not be flooded or forged by them.
    public var excerpt: String {
        var text = ""
        var count = 0
        for scalar in unicodeScalars {
            guard count < 80 else { return text + "…" }
            text.unicodeScalars.append(scalar.isControl || scalar.isDirectional ? "\u{FFFD}" : scalar)
            count += 1
        }
        return text
    }
}

extension Unicode.Scalar {
    /// C0 and C1 controls, DEL, and the line and paragraph separators.
    public var isControl: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029: true
        default: false
        }
    }

    /// Marks that turn the direction of the text around them.
    var isDirectional: Bool {
        switch value {
        case 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
