extension Binder {
    mutating func bindScalar(_ node: JSONNode, to shape: Shape) -> JSONValue? {
        switch shape {
        case .string, .setting, .words: bindString(node)
        case .path: bindPath(node)
        case .choice(let choices): bindChoice(node, of: choices)
        case .boolean: bindBoolean(node)
        case .integer(let range): bindInteger(node, in: range)
        case .number(let range): bindNumber(node, in: range)
        case .memory: bindMemory(node)
        case .quantity(let quantity): bindQuantity(node, as: quantity)
        case .list, .map, .object, .either, .anything: nil
        }
    }

    /// Text; a number is taken as it is written.
    private mutating func bindString(_ node: JSONNode) -> JSONValue? {
        switch node.value {
        case .string(let text): .string(text)
        case .integer(let number): .string(String(number))
        case .number(let number): .string(String(number))
        default: mismatch(node, "a string")
        }
    }

    private mutating func bindPath(_ node: JSONNode) -> JSONValue? {
        guard let text = node.string else { return mismatch(node, "a path") }
        guard !text.isEmpty, !text.utf8.contains(0) else { return mismatch(node, "a path") }
        return .string(text)
    }

    private mutating func bindChoice(_ node: JSONNode, of choices: [String]) -> JSONValue? {
        guard let text = node.string else { return mismatch(node, "one of \(NearestName.list(choices))") }
        guard choices.contains(text) else {
            error(
                .unknownValue, at: node.range.lowerBound,
                "\(subject) is '\(text.excerpt)', which is not known"
                    + NearestName.proposal(for: text, among: choices))
            return nil
        }
        return .string(text)
    }

    private mutating func bindBoolean(_ node: JSONNode) -> JSONValue? {
        switch node.value {
        case .bool(let flag): return .bool(flag)
        case .string(let text):
            switch text.lowercased() {
            case "true", "yes": return true
            case "false", "no": return false
            default: return mismatch(node, Shape.boolean.expectation)
            }
        default: return mismatch(node, Shape.boolean.expectation)
        }
    }

    private mutating func bindInteger(_ node: JSONNode, in range: ClosedRange<Int>) -> JSONValue? {
        let number: Int? =
            switch node.value {
            case .integer(let value): value
            case .number(let value): Int(exactly: value)
            case .string(let text): Int(Substring(text).trimmed)
            default: nil
            }
        let expectation = Shape.integer(range).expectation
        guard let number else { return mismatch(node, expectation) }
        guard range.contains(number) else { return outOfRange(node, String(number), expectation) }
        return .integer(number)
    }

    private mutating func bindNumber(_ node: JSONNode, in range: ClosedRange<Double>) -> JSONValue? {
        let number: Double? =
            switch node.value {
            case .integer(let value): Double(value)
            case .number(let value): value
            case .string(let text): Double(decimal: text)
            default: nil
            }
        let expectation = Shape.number(range).expectation
        guard let number, number.isFinite else { return mismatch(node, expectation) }
        guard range.contains(number) else { return outOfRange(node, MemorySize.number(number), expectation) }
        return Int(exactly: number).map { .integer($0) } ?? .number(number)
    }

    private mutating func bindMemory(_ node: JSONNode) -> JSONValue? {
        let bytes: Int? =
            switch node.value {
            case .integer(let value): MemorySize.bytes(gigabytes: Double(value))
            case .number(let value): MemorySize.bytes(gigabytes: value)
            case .string(let text): MemorySize.bytes(text)
            default: nil
            }
        guard let bytes else { return mismatch(node, Shape.memory.expectation) }
        guard MemorySize.range.contains(bytes) else {
            let seen = bytes > 0 ? MemorySize.text(bytes) : MemorySize.gigabytes(bytes) + " GB"
            return outOfRange(node, seen, Shape.memory.expectation)
        }
        return .integer(bytes)
    }

    private mutating func bindQuantity(_ node: JSONNode, as quantity: Quantity) -> JSONValue? {
        let amount: Int? =
            switch node.value {
            case .integer(let value): quantity.amount(Double(value))
            case .number(let value): quantity.amount(value)
            case .string(let text): quantity.amount(text)
            default: nil
            }
        guard let amount else { return mismatch(node, quantity.expectation) }
        guard quantity.range.contains(amount) else { return outOfRange(node, String(amount), quantity.expectation) }
        return .integer(amount)
    }

    private mutating func outOfRange(_ node: JSONNode, _ seen: String, _ expectation: String) -> JSONValue? {
        error(.outOfRange, at: node.range.lowerBound, "\(subject) is \(seen); it must be \(expectation)")
        return nil
    }
}
