import MultipleSpawner

extension PluginProtocol {
    private static let server = [
        Field("session", .string, required: true, "The session."),
        Field("handle", .anything, "What 'start' checkpointed last, or null."),
    ]

    static let backendCalls = [
        Call(
            .backend, "start", "start a server, and answer as soon as its address is known",
            owner + place + [
                Field("template", .string, required: true, "The name of the template."),
                Field("options", .map(.anything), required: true, "The template's 'options', placeholders filled in."),
                Field("image", .string, "The image that was chosen, where images are meant."),
                resources,
                Field(
                    "limits",
                    .object(
                        ObjectShape([
                            Field("memory", .integer(0...(.max)), "Bytes."),
                            Field("cpu", .number(0...1_000_000), "Cores."),
                        ])), required: true, "The most that the session may use, where somebody said so."),
                Field("lifetime_minutes", .integer(0...(.max)), "How long it may run."),
                Field(
                    "environment", .map(.string), required: true,
                    "The server's variables, secrets among them. JUPYTERHUB_SERVICE_URL is to be set to the real address and "
                        + "port; its scheme and path stay."),
                Field(
                    "command", .list(.string), required: true, "The server's program and its arguments; may be empty."),
                Field("notebook_dir", .string, "Where the server's files are."),
                Field("address", .string, "The address that the server is to bind to, where somebody said so."),
                Field("port", .integer(1...65535), "Its port, where somebody said so."),
                Field(
                    "credentials", .object(ObjectShape(wayIn)),
                    "The way in to the provider's machine, where the template has an authenticator."),
                Field(
                    "certificates",
                    .object(
                        ObjectShape([
                            Field("key", .string, required: true, "The server's private key, as PEM."),
                            Field("certificate", .string, required: true, "Its certificate, as PEM."),
                            Field("authorities", .string, required: true, "Whom it trusts, as PEM."),
                        ])), "For a server that speaks TLS with the hub and does not see the hub's files."),
                Field(
                    "start_timeout", .number(0...1_000_000), required: true, "Seconds that the whole start may take."),
            ],
            result: [
                Field("host", .string, required: true, "Where the hub reaches the server: a name or an address."),
                Field("port", .integer(1...65535), required: true, "Its port."),
                Field("scheme", .choice(["http", "https"]), "http, when JUPYTERHUB_SERVICE_URL does not say https."),
                Field("handle", .anything, "A last checkpoint."),
            ], keeping: "handle"),
        Call(
            .backend, "poll", "tell what became of servers",
            place + [
                Field(
                    "servers", .list(.object(ObjectShape(server))), required: true, "The servers that are asked about.")
            ],
            result: [
                Field(
                    "servers",
                    .list(
                        .object(
                            ObjectShape([
                                Field(
                                    "state", .choice(["running", "exited", "lost", "unreachable"]), required: true,
                                    "exited: it ended; lost: it is gone and did not end by itself; unreachable: nobody can "
                                        + "tell, so it stays."),
                                Field("status", .integer(-64...255), "Its exit status; a signal below zero."),
                                Field("reason", .string, "Why it is lost or unreachable."),
                            ]))), required: true, "One for each that was asked about, in the same order.")
            ]),
        Call(
            .backend, "stop", "end a server; when it answers, all of it is gone; ending twice is no error",
            place + server + [
                Field(
                    "grace", .number(0...1_000_000), required: true, "Seconds between the request and the end by force."
                )
            ]),
        Call(
            .backend, "logs", "tell the server's own log, as lines of 'log', from its beginning",
            place + server + [
                Field("follow", .boolean, required: true, "Whether to go on until the server has ended.")
            ]),
        Call(
            .backend, "census", "list all servers that are marked with this installation", place,
            result: [
                Field(
                    "servers",
                    .list(
                        .object(
                            ObjectShape(
                                owner + [
                                    Field("handle", .anything, "What 'stop' takes."),
                                    Field("description", .string, required: true, "What a person would look for."),
                                ]))), required: true, "The servers."),
                Field(
                    "unreachable", .list(.string),
                    "The parts of the place that could not be asked, each with its reason."),
            ]),
        Call(
            .backend, "examine", "tell whether a server could be started now; it makes nothing",
            place + [
                Field(
                    "options", .map(.anything), required: true, "The template's 'options', placeholders not filled in.")
            ], result: examination),
    ]
}
