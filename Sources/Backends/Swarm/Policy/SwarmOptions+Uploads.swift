import MultipleSpawner

extension SwarmOptions {
    /// One Docker config to make of an uploaded file, and how the container sees it.
    struct Upload: Sendable {
        let file: StoredFile
        /// Without the id, which Docker gives.
        let reference: FileReference
    }

    /// The Docker configs that the plan's files become.
    ///
    /// - Throws: `forbidden` where files are not taken, `invalid_request` for one that is refused.
    func uploads(of plan: SessionPlan, _ names: ServiceNames) throws(SpawnError) -> [Upload] {
        guard !plan.files.isEmpty else { return [] }
        guard let uploads else {
            throw SpawnError(.forbidden, "the template '\(plan.template.excerpt)' takes no files; bring none")
        }
        try uploads.check(plan.files)
        try ContainerPath.check(uploads.directory, calling: "'user_upload_destination_directory'")
        var directory = uploads.directory
        while directory.utf8.last == UInt8(ascii: "/") { directory.removeLast() }
        return plan.files.enumerated().map { index, file in
            let name = names.upload(index)
            let target = FileTarget(
                name: "\(directory)/\(file.name)", uid: fileOwner?.byNumber?.user ?? "0",
                gid: fileOwner?.byNumber?.group ?? "0")
            return Upload(
                file: StoredFile(name: name, labels: ServiceLabels.of(plan), content: file.content),
                reference: FileReference(kind: .config, name: name, file: target))
        }
    }
}
