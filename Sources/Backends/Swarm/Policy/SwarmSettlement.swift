import MultipleSpawner

/// Settles what a request starts: the options with the user's choice in them, of one image.
enum SwarmSettlement {
    /// - Parameters:
    ///   - options: the template's and the deployment's, checked and filled in.
    ///   - choice: what the user chose from the menu of these options.
    ///   - limits: the most hardware that the template lets a user ask for.
    /// - Returns: options that `SwarmOptions` reads; `images` has the chosen one alone.
    /// - Throws: `forbidden` for what is not the user's to choose, `invalid_request` for what cannot be read.
    static func settle(
        _ options: JSONValue, with choice: Choice, within limits: HardwareLimits
    ) throws(SpawnError) -> JSONValue {
        try SwarmMenu.checkDistinct(options)
        let image = try image(choice.image, of: options)
        try checkFiles(choice.files, options)
        let settled = try UserOptionPolicy(options).apply(choice.options, image: image, within: limits)
        // What is wrong with the whole is told now, and not when the session starts.
        _ = try SwarmOptions(.object(settled), user: nil)
        return .object(settled)
    }

    /// The entry that was chosen. It is the one at that place in the menu, and has that name and image still: access
    /// was granted to this entry, and to no other.
    private static func image(_ choice: Menu.Image?, of options: JSONValue) throws(SpawnError) -> JSONValue {
        let entries = SwarmMenu.entries(options)
        guard let choice else { return entries[0] }
        let chosen = entries.enumerated().first { position, entry in
            let image = entry["image"]?.stringValue
            return image == choice.image && (entry["name"]?.stringValue ?? image) == choice.name
                && position == choice.position ?? position
                && (choice.position == nil || entry["description"]?.stringValue == choice.description)
        }?.element
        guard let chosen else {
            throw SpawnError(
                .invalidRequest, "the image '\(choice.name.excerpt)' is not offered here; choose one of the form's")
        }
        return chosen
    }

    private static func checkFiles(_ files: [UploadedFile], _ options: JSONValue) throws(SpawnError) {
        guard !files.isEmpty else { return }
        guard let rules = UploadRules(options) else {
            throw SpawnError(.forbidden, "files may not be brought along here; leave them out")
        }
        try rules.check(files)
    }
}
