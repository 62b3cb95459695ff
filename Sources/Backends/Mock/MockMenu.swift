import MultipleSpawner

/// What a mock template lets its users choose, in SwarmSpawner's words: so that a form can be looked at without a swarm.
enum MockMenu {
    static let fields = [
        Field(
            "images", .list(.object(image)), "Images to choose from; the first that a user may have is the usual one."),
        Field("enable_user_upload_install_files", .boolean, "Whether users may bring files along."),
        Field("allowed_user_upload_extensions", .list(.string), "How their names end (.txt)."),
        Field("use_user_options", .boolean, "Whether users may give a resource_spec, which changes nothing."),
        Field("user_format_attributes", .list(.string), "Attributes of the user that fill placeholders."),
        Field("form_template", .string, "HTML around the list of images, with {option_template} in it."),
        Field("option_template", .string, "HTML of one image, with {value} and {name} in it."),
        Field("user_upload_form", .string, "HTML of the upload."),
    ]

    private static let image = ObjectShape([
        Field("name", .string, required: true, "What the form calls it."),
        Field("image", .string, required: true, "What would be started."),
        Field("access", Access.shape, "Who may have it; everybody, when it is not given."),
        Field("description", .string, "A line for the form."),
    ])

    static func menu(of options: JSONValue) -> Menu {
        let images = (options["images"]?.arrayValue ?? []).compactMap { entry -> Menu.Image? in
            guard let name = entry["name"]?.stringValue, let image = entry["image"]?.stringValue else { return nil }
            return Menu.Image(
                name: name, image: image, access: entry["access"].map(Access.init(bound:)),
                description: entry["description"]?.stringValue)
        }
        let extensions = options["allowed_user_upload_extensions"]?.arrayValue?.compactMap(\.stringValue)
        return Menu(
            images: images,
            uploads: options["enable_user_upload_install_files"]?.boolValue == true
                ? Menu.Uploads(extensions: extensions ?? [".txt"], mostFiles: 10, mostBytes: 500 << 10) : nil,
            keys: options["use_user_options"]?.boolValue == true ? ["resource_spec"] : [],
            page: Menu.Page(
                form: options["form_template"]?.stringValue, option: options["option_template"]?.stringValue,
                upload: options["user_upload_form"]?.stringValue))
    }

    static func settle(_ options: JSONValue, with choice: Choice) -> JSONValue {
        guard let image = choice.image, var settled = options.objectValue else { return options }
        settled["images"] = nil
        settled["image"] = .string("\(image.image) (\(image.name))")
        return .object(settled)
    }
}
