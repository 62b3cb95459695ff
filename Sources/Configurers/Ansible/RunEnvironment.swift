import MultipleSpawner

/// The environment of `ansible-playbook`: all of it, so that no account's configuration has a say.
struct RunEnvironment: Sendable {
    /// Of the daemon.
    let inherited: [String: String]
    /// Where playbooks are looked for.
    let playbooks: String

    /// What an admin may set for the daemon: where roles, collections and the password of a vault are.
    private static let kept = [
        "ANSIBLE_ROLES_PATH", "ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_COLLECTIONS_PATHS", "ANSIBLE_VAULT_PASSWORD_FILE",
        "ANSIBLE_VAULT_IDENTITY_LIST",
    ]

    /// The variable that tells what a run started from everything else; its value is the run's directory.
    static let mark = "MULTIPLESPAWNER_ANSIBLE_RUN"

    func variables(_ files: RunFiles) -> [String: String] {
        var variables = [
            "LC_ALL": "C.UTF-8", "TMPDIR": files.temporary, Self.mark: files.directory.path,
            "ANSIBLE_CONFIG": files.configuration, "ANSIBLE_HOME": files.directory.path + "/home",
            "ANSIBLE_LOCAL_TEMP": files.temporary, "ANSIBLE_CALLBACK_PLUGINS": files.plugins,
            "ANSIBLE_STDOUT_CALLBACK": RunFiles.callback,
            "ANSIBLE_HOST_KEY_CHECKING": "True", "ANSIBLE_SSH_CONTROL_PATH_DIR": files.sockets,
            // Ansible reads these words as a shell does; the path has nothing to quote. What stands here goes before what
            // it would add where a variable of the machine says that any host key will do.
            "ANSIBLE_SSH_ARGS":
                "-F \(files.sshConfiguration) -o StrictHostKeyChecking=yes -o ControlMaster=auto -o ControlPersist=60s",
            "ANSIBLE_PIPELINING": "True", "ANSIBLE_PYTHON_INTERPRETER": "auto_silent",
            "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "True", "ANSIBLE_FORKS": "1", "ANSIBLE_NOCOWS": "True",
            "ANSIBLE_NOCOLOR": "True", "ANSIBLE_RETRY_FILES_ENABLED": "False", "ANSIBLE_DEPRECATION_WARNINGS": "False",
            // What modules are given may be secret, and would be in the other machine's log.
            "ANSIBLE_NO_TARGET_SYSLOG": "True",
        ]
        variables["PATH"] = inherited["PATH"]
        variables["HOME"] = inherited["HOME"]
        variables["ANSIBLE_ROLES_PATH"] =
            "\(playbooks)/roles:~/.ansible/roles:/usr/share/ansible/roles:/etc/ansible/roles"
        variables["ANSIBLE_COLLECTIONS_PATH"] =
            "\(playbooks)/collections:~/.ansible/collections:/usr/share/ansible/collections"
        for name in Self.kept {
            if let value = inherited[name], !value.isEmpty { variables[name] = value }
        }
        return variables
    }
}
