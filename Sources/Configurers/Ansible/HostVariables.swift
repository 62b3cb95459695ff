import MultipleSpawner
import Transport

/// Checks the variables of a machine: which of them may be templates, and which decide how Ansible itself works.
enum HostVariables {
    /// What Ansible takes for the name of a variable.
    static func isName(_ text: String) -> Bool {
        text.utf8.first.map { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } == true
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// - Parameter written: the variables as the file gives them.
    /// - Throws: `invalid_request` for a name that is none, for a value that is a template and data in one, and where a
    ///   placeholder would decide how Ansible reaches the machine.
    static func check(_ variables: [String: JSONValue], written: JSONValue?) throws(SpawnError) {
        for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
            guard isName(name) else {
                throw SpawnError(
                    .invalidRequest,
                    "'\(name.excerpt)' in 'host_variables' is no name of a variable; use letters, digits and '_'")
            }
            let own = written?[name]
            try checkTemplates(value, own, name)
            guard name.hasPrefix("ansible_"), value != own else { continue }
            switch name {
            case "ansible_user", "ansible_ssh_user", "ansible_become_user":
                try checkAccount(value.stringValue ?? "", name)
            case _ where HiddenTexts.looksSecret(name): break
            default:
                throw SpawnError(
                    .invalidRequest,
                    "a placeholder is filled in at '\(name.excerpt)', which decides how Ansible reaches the machine; "
                        + "write it as it is")
            }
        }
    }

    /// An account as `ssh` and `sudo` take it in a word.
    static func checkAccount(_ account: String, _ option: String) throws(SpawnError) {
        let isPlain = account.unicodeScalars.allSatisfy { scalar in
            scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                || "._-@+\\".unicodeScalars.contains(scalar)
        }
        guard isPlain, !account.isEmpty, account.utf8.first != UInt8(ascii: "-"), account.utf8.count <= 255 else {
            throw SpawnError(
                .invalidRequest, "'\(account.excerpt)' is no account on a machine; set '\(option)' in 'host_variables'")
        }
    }

    /// What Ansible would take for the beginning of a template.
    static func isTemplate(_ text: String) -> Bool {
        ["{{", "{%", "{#"].contains { text.utf8.contains($0.utf8) }
    }

    private static func checkTemplates(_ value: JSONValue, _ written: JSONValue?, _ path: String) throws(SpawnError) {
        switch value {
        case .string(let text):
            guard let own = written?.stringValue, own != text, isTemplate(own) else { return }
            throw SpawnError(
                .invalidRequest,
                "'\(path.excerpt)' in 'host_variables' has a placeholder beside a template; put the placeholder into a "
                    + "variable of its own, and name that in the template")
        case .array(let elements):
            let own = written?.arrayValue ?? []
            for (index, element) in elements.enumerated() {
                try checkTemplates(element, index < own.count ? own[index] : nil, "\(path)[\(index)]")
            }
        case .object(let members):
            for (key, member) in members {
                guard InventoryText.takes(key: key) else {
                    throw SpawnError(
                        .invalidRequest, "a key of '\(path.excerpt)' in 'host_variables' is too long; shorten it")
                }
                try checkTemplates(member, written?[key], "\(path).\(key)")
            }
        case .null, .bool, .integer, .number: break
        }
    }
}
