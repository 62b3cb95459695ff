import MultipleSpawner
import Transport

/// One run of `ansible-playbook`: all that decides what it does, and nothing secret. It is what `cleanup` is given.
struct PlaybookRun: Sendable, Hashable, Codable {
    /// The program, by its whole path or by a name that is looked for in PATH.
    var program: String
    /// By their whole paths, in their order.
    var playbooks: [String]
    /// An inventory of the admin's.
    var inventory: String?
    var group: String?
    var host: String
    var port: Int
    var account: String?
    var keyFile: String?
    var certificateFile: String?
    /// The files in which the machine's host key may stand.
    var knownHosts: [String]
    var variables: [String: JSONValue]
    /// The variables as an admin wrote them; what differs is data and never a template.
    var written: JSONValue
    /// In seconds.
    var timeLimit: Double

    /// Of nothing, for questions about the program itself.
    static let none = PlaybookRun(
        program: AnsibleProgram.name, playbooks: [], host: "127.0.0.1", port: 22, knownHosts: [],
        variables: [:], written: [:], timeLimit: 30)

    /// What the machine is called in the inventory, and what the run is limited to: its name or address where Ansible takes
    /// that for one machine.
    var inventoryName: String {
        let isPlain = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isPlain && host != group && !["all", "ungrouped"].contains(host) ? host : "the-machine"
    }

    /// The inventory that names the machine, for a file that nobody else can read.
    func inventoryText(password: Secret?) -> String {
        // The admin's words go before ours, as in the original.
        var ours: [String: JSONValue] = ["ansible_connection": "ssh", "ansible_host": .string(host)]
        ours["ansible_port"] = .integer(port)
        ours["ansible_user"] = account.map { .string($0) }
        ours["ansible_ssh_private_key_file"] = keyFile.map { .string($0) }
        ours["ansible_password"] = password.map { .string($0.reveal()) }
        let all = JSONValue.object(ours.merging(variables) { _, admin in admin })
        func nested(_ variables: JSONValue) -> JSONValue {
            .object([group ?? "ungrouped": .object(["hosts": .object([inventoryName: variables])])])
        }
        var text = InventoryText()
        text.write(nested(all), written: nested(written))
        return text.text + "\n"
    }

    /// What `ssh` is to know, in a file: no account's own configuration has a say.
    func sshConfiguration() throws(SpawnError) -> String {
        var lines = [
            "StrictHostKeyChecking yes", "GlobalKnownHostsFile /dev/null", "UpdateHostKeys no", "CheckHostIP no",
            "IdentitiesOnly yes",
            "IdentityAgent none", "ForwardAgent no", "ForwardX11 no", "PermitLocalCommand no", "ConnectTimeout 10",
            "ServerAliveInterval 10", "ServerAliveCountMax 3",
        ]
        let files = try knownHosts.map { path throws(SpawnError) in try Self.quoted(path) }
        lines.append("UserKnownHostsFile \(files.isEmpty ? "/dev/null" : files.joined(separator: " "))")
        if let certificateFile { lines.append("CertificateFile \(try Self.quoted(certificateFile))") }
        if let keyFile {
            // Ansible hands this one over itself, and would not take these characters.
            _ = try Self.quoted(keyFile)
        }
        return "Host *\n" + lines.map { "  \($0)\n" }.joined()
    }

    private static func quoted(_ path: String) throws(SpawnError) -> String {
        let bad = "\"$\\%{}".unicodeScalars
        guard path.hasPrefix("/"), !path.unicodeScalars.contains(where: { $0.isControl || bad.contains($0) }) else {
            throw SpawnError(
                .invalidRequest, "the path '\(path.excerpt)' holds a character that ssh cannot take; rename it")
        }
        return "\"\(path)\""
    }
}
