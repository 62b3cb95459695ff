import FoundationEssentials

/// One line of what our plug-in says.
struct AnsibleEvent: Sendable, Decodable {
    enum Kind: String, Sendable, Decodable {
        /// A task begins.
        case task
        /// A task failed, and nobody said to ignore that.
        case failed
        /// The machine could not be reached.
        case unreachable
        /// A play is for other machines.
        case passedOver = "passed_over"
    }

    var event: Kind
    /// The name of the playbook's file.
    var playbook: String
    var task: String?
    var number: Int?
    var total: Int?
    var message: String?
    var lines: [String]?

    /// `nil` for a line that is not ours.
    init?(_ line: [UInt8]) {
        guard let event = try? JSONDecoder().decode(AnsibleEvent.self, from: Data(line)) else { return nil }
        self = event
    }
}
