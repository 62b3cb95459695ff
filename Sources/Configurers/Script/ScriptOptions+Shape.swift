import MultipleSpawner

extension ScriptOptions {
    /// The declaration.
    static let shape = ObjectShape(
        steps + [
            Field(
                "cleanup", .object(ObjectShape(steps)),
                "What is run when the server was stopped. It is kept on disk until then: no secret belongs here."),
            Field(
                "force", .boolean, "Whether it is run also on a machine to which the same was applied before (false)."),
            Field("time_limit", .number(1...86400), "The most seconds that it may take; then it has failed."),
        ])

    private static let steps = [
        Field(
            "script", .path,
            "A script of this machine; its first line says what runs it there (#!), else /bin/sh. A relative one is looked "
                + "for in the directory of playbooks."),
        Field(
            "commands", .list(.string), "Commands for /bin/sh, each a program of its own; the first that fails ends it."
        ),
        Field(
            "environment", .map(.string),
            "Variables for them: the way for values that a placeholder brings in, to be used as \"$NAME\"."),
    ]
}
