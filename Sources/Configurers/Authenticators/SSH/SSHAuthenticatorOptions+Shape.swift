import MultipleSpawner

extension SSHAuthenticatorOptions {
    /// The declaration. The first six names are the original's.
    static let shape = ObjectShape([
        Field(
            "create_certificate", .boolean,
            "Whether the key gets a certificate of our own authority, which the machines trust (TrustedUserCAKeys)."),
        Field(
            "certificate_kwargs",
            .object(
                ObjectShape([
                    Field("identity", .string, "What sshd writes in its log at a login."),
                    Field("principals", .list(.string), "The accounts that it lets in; `user` when not given."),
                    Field("source_address", .list(.string), "Addresses and networks from which it may be used."),
                    Field("permit_pty", .boolean, "Whether a terminal may be opened with it (false)."),
                    Field(
                        "validity", .integer(1...5_256_000),
                        "Minutes for which it holds; the longest that the session may last when not given."),
                ])), "What the certificate says."),
        Field("key_name", .string, "The name of the key's file; the user's with the type of the key when not given."),
        Field(
            "load_existing", .boolean,
            "Whether a key that is there is used, and is kept at the end; one is made and kept "
                + "where there is none."),
        Field("ssh_dir_path", .path, "The directory of the keys (~/.corc/ssh). CORC_SSH_PATH goes before it."),
        Field(
            "size", .integer(1...16384),
            "Bits of an RSA key; 3072 where that is more. Without it the key is no RSA key."),
        Field(
            "key_type", .choice(["ed25519", "ecdsa", "rsa"]),
            "The type of a new key: ed25519, or ecdsa where it gets a certificate."),
        Field("user", .string, "The account on the machines; the user's name when not given."),
        Field("password", .string, "A password for the account, from what the hub knows of the user; no key is made."),
        Field(
            "host_key", .list(.string),
            "What the machine has to show: its public key, or the SHA256 fingerprint of it, from its console or cloud."),
        Field(
            "accept_new_host_keys", .boolean,
            "Whether the key of a machine that is not known is believed at the first sight of it (false)."),
        Field(
            "known_hosts", .list(.path),
            "The files of known hosts, as the backend's option of this name says, instead of the usual ones."),
        Field(
            "allow_backauth", .boolean, "Whether the machine may open connections through this one with the same key."),
        Field("backauth_permit_open", .list(.string), "Where such connections may lead: 127.0.0.1:8081."),
        Field("authorized_keys", .path, "Where that is allowed (~/.ssh/authorized_keys)."),
    ])
}
