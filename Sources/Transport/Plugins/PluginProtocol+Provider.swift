import MultipleSpawner

extension PluginProtocol {
    private static let machineToken = Field(
        "token", .string, required: true, "Names the machine from before it exists: ms- and 32 hexadecimal digits.")

    static let providerCalls = [
        Call(
            .provider, "acquire",
            "find or make a machine; with the token of an earlier call it is that machine, and no second",
            owner + place + [
                Field("provider", .string, required: true, "The name of the entry in providers.json."),
                machineToken, resources,
                Field("options", .map(.anything), required: true, "What the template's 'machine' gives as 'data'."),
                Field("image", .string, "The image that was chosen, where images are meant."),
                Field(
                    "authorized_keys", .list(.string), required: true,
                    "Lines of authorized_keys for the account that a new machine is logged in to."),
                Field("lease", .anything, "What was checkpointed last for this token, or null."),
                Field(
                    "start_timeout", .number(0...1_000_000), required: true, "Seconds that the whole start may take."),
            ],
            result: address + [
                Field("name", .string, "What a person would look for; the host, when it is not given."),
                Field("account", .string, "The account that is there from the beginning."),
                Field("host_keys", .list(.string), "The machine's host keys, as TYPE BASE64."),
                Field("details", .map(.string), "Further values for placeholders; their names begin with machine_."),
                Field("lease", .anything, "A last checkpoint."),
            ], keeping: "lease"),
        Call(
            .provider, "release",
            "give the machine back; doing it twice is no error, nor is it for one that was never made",
            place + [
                machineToken, Field("lease", .anything, "What was checkpointed last for this token, or null."),
                Field(
                    "manner", .choice(["stop", "destroy"]), required: true,
                    "destroy: for good; stop: switched off, so that 'acquire' with the token finds it again."),
            ]),
        Call(
            .provider, "availability", "tell what could be given now", place,
            result: [
                Field("sessions", .integer(0...(.max)), "How many more."),
                Field("memory", .integer(0...(.max)), "The most memory of one that is free, in bytes."),
                Field("cpu", .number(0...1_000_000), "The most cores of one."),
                Field("gpu", .integer(0...1_000_000), "The most GPUs of one."),
                Field("problem", .string, "Why there is nothing, where there is nothing."),
            ]),
        Call(
            .provider, "census", "list all machines that are marked with this installation", place,
            result: [
                Field(
                    "machines",
                    .list(
                        .object(
                            ObjectShape([
                                machineToken,
                                Field("session", .string, "The session that it was made for."),
                                Field("user", .string, "Its user."),
                                Field("lease", .anything, "What 'release' takes."),
                                Field("description", .string, required: true, "What a person would look for."),
                            ]))), required: true, "The machines.")
            ]),
        Call(
            .provider, "examine", "tell whether it could serve now; it makes nothing", place, result: examination),
    ]
}
