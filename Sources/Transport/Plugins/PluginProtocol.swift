public import MultipleSpawner

/// What is said between the daemon and an external program, version 1.
///
/// The program reads one JSON object on one line and answers with lines of JSON. One declaration serves the check of its
/// answers, the JSON Schema, and the tests that hold our questions against it.
public enum PluginProtocol {
    public static let version = 1

    /// One thing that a program can be asked to do.
    public struct Call: Sendable {
        public let role: PluginRole
        public let action: String
        /// What it is, in a sentence for people.
        public let summary: String
        /// What the program reads, besides `version`, `kind` and `action`.
        public let question: [Field]
        /// What it answers as its `result`.
        public let result: ObjectShape
        /// The member of the result that is a last checkpoint; `nil` where there are no checkpoints, and the program's input
        /// is at its end after the question.
        public let kept: String?

        init(
            _ role: PluginRole, _ action: String, _ summary: String, _ question: [Field], result: [Field] = [],
            keeping kept: String? = nil
        ) {
            self.role = role
            self.action = action
            self.summary = summary
            self.question = question
            self.result = ObjectShape(result)
            self.kept = kept
        }

        /// All that the program reads.
        public var wholeQuestion: ObjectShape {
            ObjectShape(
                [
                    Field("version", .integer(version...version), required: true, "The version of the protocol."),
                    Field("kind", .choice([role.rawValue]), required: true, "What the program is asked as."),
                    Field("action", .choice([action]), required: true, summary),
                ] + question)
        }
    }

    /// Every question.
    public static let calls = backendCalls + providerCalls + authenticatorCalls + configurerCalls

    static func call(_ role: PluginRole, _ action: String) -> Call? {
        calls.first { $0.role == role && $0.action == action }
    }

    // MARK: What several have in common

    static let owner = [
        Field("session", .string, required: true, "Names the attempt to start a server; A-Z a-z 0-9 _ -, 64 at most."),
        Field("hub", .string, required: true, "The hub that asks."),
        Field("user", .string, required: true, "Whose server it is: any text."),
        Field("server", .string, required: true, "The name of a named server; empty for the default one."),
    ]

    static let place = [
        Field("installation", .string, "This daemon, told from others: what all that is made is marked with."),
        Field("data", .map(.anything), required: true, "What the file of the administrator gives as 'data'."),
    ]

    static let resources = Field(
        "resources",
        .object(
            ObjectShape([
                Field("memory", .integer(0...(.max)), required: true, "Bytes."),
                Field("cpu", .number(0...1_000_000), required: true, "Cores."),
                Field("gpu", .integer(0...1_000_000), required: true, "Whole GPUs."),
            ])), required: true, "The hardware that was chosen.")

    static let address = [
        Field("host", .string, required: true, "A name or an address; IPv6 without brackets."),
        Field("port", .integer(1...65535), "The port (22)."),
    ]

    static let wayIn = [
        Field("account", .string, "The account on the machine."),
        Field("key_file", .string, "The path of an OpenSSH private key."),
        Field("public_key", .string, "Its public half, as a line of authorized_keys."),
        Field("certificate_file", .string, "The path of its certificate."),
        Field("password", .string, "A password for the account."),
        Field("known_hosts_file", .string, "The path of a file with the keys of the machines."),
    ]

    static let examination = [
        Field(
            "findings",
            .list(
                .object(
                    ObjectShape([
                        Field("level", .choice(["ok", "warning", "failed"]), required: true, "How it is."),
                        Field("subject", .string, "What was looked at."),
                        Field(
                            "message", .string, required: true, "What was found and, where it is not well, what to do."),
                    ]))), "What was looked at; none: all is well.")
    ]
}
