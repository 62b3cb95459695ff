import MultipleSpawner

extension OptionReader {
    func configs() throws(SpawnError) -> [ConfigReference] {
        var configs: [ConfigReference] = []
        for entry in object["configs"]?.arrayValue ?? [] {
            let config = OptionReader(entry, isOpen: isOpen)
            let name = config.text("config_name") ?? ""
            configs.append(
                ConfigReference(
                    name: name, id: config.text("config_id"), file: try config.file(defaultName: name)))
        }
        return configs
    }

    func secrets() throws(SpawnError) -> [SecretReference] {
        var secrets: [SecretReference] = []
        for entry in object["secrets"]?.arrayValue ?? [] {
            let secret = OptionReader(entry, isOpen: isOpen)
            let name = secret.text("secret_name") ?? ""
            secrets.append(
                SecretReference(
                    name: name, id: secret.text("secret_id"), file: try secret.file(defaultName: name)))
        }
        return secrets
    }

    private func file(defaultName: String) throws(SpawnError) -> FileTarget {
        let path = text("filename") ?? defaultName
        if !isUnknown(path) { try ContainerPath.checkComponents(of: path, calling: "'filename'") }
        var file = FileTarget(name: path)
        file.uid = text("uid") ?? file.uid
        file.gid = text("gid") ?? file.gid
        file.mode = number("mode") ?? file.mode
        return file
    }
}
