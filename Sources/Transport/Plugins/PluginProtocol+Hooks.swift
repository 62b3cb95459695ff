import MultipleSpawner

extension PluginProtocol {
    private static let machines = Field(
        "machines", .list(.object(ObjectShape(address))), required: true,
        "Where the server may be started, as far as the template says.")

    private static let way =
        wayIn + [Field("grant", .anything, "What 'cleanup' is given. It is kept on disk: no secret belongs in it.")]

    static let authenticatorCalls = [
        Call(
            .authenticator, "prepare", "make the way in; it may come more than once",
            owner + [
                machines, Field("data", .map(.anything), required: true, "What the template gives."),
                Field("lifetime_minutes", .integer(0...(.max)), "How long the session may run."),
                Field("most_lifetime_minutes", .integer(0...(.max)), "The longest that it may be extended to."),
            ],
            result: way),
        Call(
            .authenticator, "cleanup", "close the way; also for a 'prepare' that did not end, and more than once",
            owner + [machines, Field("grant", .anything, "What 'prepare' answered; null where it did not.")],
            // The first external programs were free to answer the same again.
            result: way),
    ]

    private static let machine = [
        Field("machine", .object(ObjectShape(address)), required: true, "The machine."),
        Field("known_hosts_files", .list(.string), required: true, "Files that may know it, the session's own first."),
        Field("limit", .number(0...1_000_000), required: true, "Seconds that all of it may take."),
    ]

    static let configurerCalls = [
        Call(
            .configurer, "apply", "prepare the machine; it may come more than once, and then changes nothing",
            owner + place + machine + wayIn + [
                Field("options", .map(.anything), required: true, "The template's 'options', placeholders filled in.")
            ],
            result: [
                Field("trace", .anything, "A last checkpoint: what 'cleanup' is given. No secret belongs in it.")
            ], keeping: "trace"),
        Call(
            .configurer, "cleanup", "undo it, with the server stopped and the way in still there; also more than once",
            owner + place + machine + wayIn + [
                Field("trace", .anything, "What was checkpointed last, or null.")
            ]),
        Call(
            .configurer, "examine", "tell whether it could be applied now; it changes nothing",
            place + [
                Field(
                    "options", .map(.anything), required: true, "The template's 'options', placeholders not filled in.")
            ], result: examination),
    ]
}
