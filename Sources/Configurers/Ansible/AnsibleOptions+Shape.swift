import MultipleSpawner

extension AnsibleOptions {
    /// The declaration. The first four are the original's.
    static let shape = ObjectShape([
        Field(
            "host_variables", .map(.anything),
            "The machine's variables, as Ansible takes them; a value that a placeholder brings in is data and never a "
                + "template."),
        Field(
            "host_settings",
            .object(
                ObjectShape([
                    Field("group", .string, "The group that the machine is in, for the `hosts` of plays."),
                    Field("port", .integer(1...65535), "The port of its SSH server; the machine's own when not given."),
                ])), "How the machine stands in the inventory."),
        Field("apply_kwargs", .object(ObjectShape([playbooks])), "What is run."),
        Field(
            "inventory_path", .path,
            "An inventory of yours, file or directory, that is read before: for variables of groups. Nothing is run on its "
                + "other machines."),
        Field(
            "cleanup",
            .object(
                ObjectShape([
                    playbooks,
                    Field(
                        "host_variables", .map(.anything),
                        "Variables for these. They are kept on disk until then: no secret belongs here."),
                ])), "What is run when the server was stopped."),
        Field(
            "known_hosts", .list(.path),
            "The files of known hosts, as the backend's option of this name says, instead of the usual ones."),
        Field("force", .boolean, "Whether it is run also on a machine to which the same was applied before (false)."),
        Field("time_limit", .number(1...86400), "The most seconds that it may take; then it is ended."),
        Field("ansible_playbook", .path, "The program, by its whole path; the one in PATH when not given."),
    ])

    private static let playbooks = Field(
        "playbook_paths", .list(.path), aliases: ["playbook_path"], required: true,
        "The playbooks, in their order; a relative one is looked for in the directory of playbooks.")
}
