// Placeholders: the first line is the text, the rest is a value that is filled in.

import FuzzSupport
import MultipleSpawner

@_cdecl("LLVMFuzzerTestOneInput")
func test(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let lines = input(bytes, count).split(separator: 10, maxSplits: 1, omittingEmptySubsequences: false)
    let text = String(decoding: lines[0], as: UTF8.self)
    let value = lines.count > 1 ? String(decoding: lines[1], as: UTF8.self) : "value"
    let mark: Unicode.Scalar = "\u{1}"
    guard !text.unicodeScalars.contains(mark),
        let identity = try? SessionIdentity(hub: "hub", user: "alice", server: "lab")
    else { return 0 }
    func fill(_ value: String) -> String? {
        do {
            return try Placeholders(identity: identity, environment: ["A": Secret(value)]).fill(text)
        } catch {
            precondition(error.code == .invalidRequest && !error.message.isEmpty, "an error without a name")
            return nil
        }
    }
    guard let marked = fill(String(mark)) else { return 0 }
    if !text.utf8.contains(UInt8(ascii: "{")) { precondition(marked == text, "a text without a brace was changed") }
    checkAttributes(text, value, mark, identity)
    // What is filled in stands where a mark would stand, and is not looked at again.
    if let filled = fill(value) {
        precondition(
            filled.unicodeScalars.elementsEqual(marked.replacingMark(mark, with: value)), "a value was changed")
    }
    return 0
}

/// What the hub knows of a user is filled in as an environment's value is, and is in no error.
func checkAttributes(_ text: String, _ value: String, _ mark: Unicode.Scalar, _ identity: SessionIdentity) {
    guard let id = SessionID(rawValue: "one"), !text.contains("SECRET") else { return }
    func fill(_ value: String, isShown: Bool = false) -> String? {
        let known = UserAttributes(["m": ["a": .string(value), "username": .string(value)]])
        let request = SessionRequest(id: id, identity: identity, attributes: known)
        do {
            return try Placeholders(for: request, attributes: ["m"], isShown: isShown).fill(text)
        } catch {
            precondition(!error.message.contains("SECRET"), "a value is in an error")
            return nil
        }
    }
    let secret = "SECRET" + value
    if let filled = fill(secret), let marked = fill(String(mark)) {
        precondition(
            filled.unicodeScalars.elementsEqual(marked.replacingMark(mark, with: secret)), "a value was changed")
    }
    precondition(fill(secret, isShown: true)?.contains("SECRET") != true, "a value is shown")
}

extension String {
    /// By Unicode scalars: characters would melt into what stands beside them.
    fileprivate func replacingMark(_ mark: Unicode.Scalar, with value: String) -> String.UnicodeScalarView {
        var result = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if scalar == mark { result.append(contentsOf: value.unicodeScalars) } else { result.append(scalar) }
        }
        return result
    }
}

@_cdecl("FuzzPlaceholders_main")
func start() -> CInt { runFuzzer(test) }
