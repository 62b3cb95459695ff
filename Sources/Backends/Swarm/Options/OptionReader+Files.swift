import MultipleSpawner

extension OptionReader {
    /// What `configs` or `secrets` names.
    func files(_ kind: FileReference.Kind) throws(SpawnError) -> [FileReference] {
        var files: [FileReference] = []
        for entry in object["\(kind.rawValue)s"]?.arrayValue ?? [] {
            let reader = OptionReader(entry, isOpen: isOpen)
            let name = reader.text("\(kind.rawValue)_name") ?? ""
            files.append(
                FileReference(
                    kind: kind, name: name, id: reader.text("\(kind.rawValue)_id"),
                    file: try reader.file(defaultName: name)))
        }
        return files
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
