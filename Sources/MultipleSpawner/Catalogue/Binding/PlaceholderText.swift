/// A text with placeholders in it, taken apart in one pass.
///
/// `{NAME}` is a placeholder; everything else is text: `{}`, a lone brace, `{a.b}`, `{a[0]}`, `${…}` aside from its
/// braces, and all that Jinja has between `{{ }}`, `{% %}` and `{# #}`.
struct PlaceholderText {
    enum Part: Sendable, Hashable {
        case text(String)
        case placeholder(String)
    }

    let parts: [Part]

    init(_ text: String) {
        guard text.utf8.contains(UInt8(ascii: "{")) else {
            parts = [.text(text)]
            return
        }
        var scanner = Scanner(bytes: Array(text.utf8))
        scanner.scan()
        parts = scanner.parts
    }

    /// The names in it, in their order.
    var names: [String] {
        parts.compactMap { part in
            guard case .placeholder(let name) = part else { return nil }
            return name
        }
    }

    private struct Scanner {
        let bytes: [UInt8]
        var parts: [Part] = []
        private var offset = 0
        private var start = 0
        /// The Jinja brackets for which no closing one follows any more. It keeps the scan linear.
        private var unclosed: Set<UInt8> = []

        init(bytes: [UInt8]) {
            self.bytes = bytes
        }

        mutating func scan() {
            while offset < bytes.count {
                guard bytes[offset] == UInt8(ascii: "{") else {
                    offset += 1
                    continue
                }
                if let second = bytes.element(at: offset + 1), Self.closing[second] != nil {
                    skipJinja(second)
                } else if let end = nameEnd(), bytes.element(at: end) == UInt8(ascii: "}") {
                    finishText()
                    parts.append(.placeholder(String(decoding: bytes[offset + 1..<end], as: UTF8.self)))
                    offset = end + 1
                    start = offset
                } else {
                    offset += 1
                }
            }
            finishText()
        }

        private static let closing: [UInt8: UInt8] = [
            UInt8(ascii: "{"): UInt8(ascii: "}"), UInt8(ascii: "%"): UInt8(ascii: "%"),
            UInt8(ascii: "#"): UInt8(ascii: "#"),
        ]

        private mutating func skipJinja(_ second: UInt8) {
            offset += 2
            guard !unclosed.contains(second), let last = Self.closing[second] else { return }
            var end = offset
            while end + 1 < bytes.count {
                if bytes[end] == last, bytes[end + 1] == UInt8(ascii: "}") {
                    offset = end + 2
                    return
                }
                end += 1
            }
            unclosed.insert(second)
        }

        private func nameEnd() -> Int? {
            var end = offset + 1
            guard let first = bytes.element(at: end), first.isNameByte, !first.isDigit else { return nil }
            while let byte = bytes.element(at: end), byte.isNameByte { end += 1 }
            return end
        }

        private mutating func finishText() {
            guard start < offset else { return }
            parts.append(.text(String(decoding: bytes[start..<offset], as: UTF8.self)))
        }
    }
}

extension [UInt8] {
    fileprivate func element(at index: Int) -> UInt8? {
        index < count ? self[index] : nil
    }
}

extension UInt8 {
    fileprivate var isNameByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
