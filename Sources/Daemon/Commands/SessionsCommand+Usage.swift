import FoundationEssentials
import MultipleSpawner

extension SessionsCommand {
    /// What `sessions --usage` prints.
    static func printUsage(
        since: String?, until: String?, user: String?, group: String?, format: OutputFormat, from client: DaemonClient
    ) async throws {
        let given = [("since", since), ("until", until), ("user", user), ("group", group)]
        let query = given.compactMap { name, value in value.map { "\(name)=\($0.inQuery)" } }.joined(separator: "&")
        let answer = try await client.call("GET", "/v1/usage" + (query.isEmpty ? "" : "?\(query)"))
        if format == .json { return try answer.printJSON() }
        print("from \(answer.text(of: "since")) to \(answer.text(of: "until"))")
        let numbers = ["SESSIONS", "HOURS", "CORE HOURS", "GB HOURS", "GPU HOURS", "COST"]
        func rows(_ list: String, _ name: String) -> [[String]] {
            (answer[list]?.arrayValue ?? []).map { [$0.text(of: "hub"), $0.text(of: name)] + $0.numbers }
        }
        let users = rows("users", "user")
        guard !users.isEmpty else { return print("nobody used anything") }
        let total = [["", "all"] + (answer["total"]?.numbers ?? [])]
        print(Table(["HUB", "USER"] + numbers, users + total))
        let groups = rows("groups", "group")
        if !groups.isEmpty { print("\n\(Table(["HUB", "GROUP"] + numbers, groups))") }
    }
}

extension JSONValue {
    fileprivate func text(of key: String) -> String { self[key]?.stringValue?.excerpt ?? "-" }

    /// The columns of numbers.
    fileprivate var numbers: [String] {
        ["sessions", "hours", "core_hours", "memory_gb_hours", "gpu_hours", "cost"].map { key in
            guard let number = self[key]?.doubleValue else { return "-" }
            let rounded = (number * 100).rounded() / 100
            return Int(exactly: rounded).map(String.init) ?? String(rounded)
        }
    }
}

extension String {
    /// As a value of a query: everything but letters, digits and `-_.~` is percent-encoded.
    fileprivate var inQuery: String {
        var text = ""
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                text += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return text
    }
}
