import MultipleSpawner

/// What a template's options let its users choose.
enum SwarmMenu {
    /// What SwarmSpawner starts where nobody names an image.
    static let presetImage: JSONValue = [
        "image": "ucphhpc/base-notebook:latest", "name": "Default Jupyter Notebook",
    ]

    /// The entries of `images` that there are: of these, where the options name one image, those of that image.
    static func entries(_ options: JSONValue) -> [JSONValue] {
        let listed = options["images"]?.arrayValue ?? []
        if let image = options["image"]?.stringValue, !image.isEmpty {
            let same = listed.filter { $0["image"]?.stringValue == image }
            return same.isEmpty ? [["image": .string(image)]] : same
        }
        if !listed.isEmpty { return listed }
        if let image = options["container_spec"]?["image"]?.stringValue, !image.isEmpty {
            return [["image": .string(image)]]
        }
        return [presetImage]
    }

    /// - Throws: `invalid_request` where two entries have the same image and name: whoever asks for one could get the
    ///   other, which may be for other users.
    static func checkDistinct(_ options: JSONValue) throws(SpawnError) {
        var names: [String: Set<String>] = [:]
        for entry in options["images"]?.arrayValue ?? [] {
            guard let image = entry["image"]?.stringValue else { continue }
            let name = entry["name"]?.stringValue ?? image
            guard names[image, default: []].insert(name).inserted else {
                throw SpawnError(
                    .invalidRequest,
                    "'images' has two entries of the image '\(image.excerpt)' with the name '\(name.excerpt)'; give "
                        + "each a 'name' of its own")
            }
        }
    }

    static func menu(of options: JSONValue) -> Menu {
        let images = entries(options).enumerated().compactMap { position, entry in
            entry["image"]?.stringValue.map { image in
                Menu.Image(
                    name: entry["name"]?.stringValue ?? image, image: image,
                    access: entry["access"].map { Access(bound: $0) },
                    description: entry["description"]?.stringValue, position: position)
            }
        }
        return Menu(
            images: images, uploads: UploadRules(options)?.menu, keys: UserOptionPolicy(options).keys,
            page: Menu.Page(
                form: options["form_template"]?.stringValue, option: options["option_template"]?.stringValue,
                upload: options["user_upload_form"]?.stringValue))
    }
}
