/// What a template's options let its users choose beyond the hardware, in the words of every backend that has images.
///
/// A backend reads it out of options (`Backend.menu`); the router matches wishes against it and the form shows it.
public struct Menu: Sendable, Hashable {
    /// One image of the list. The first that a user may have is what is started when none is chosen.
    public struct Image: Sendable, Hashable {
        /// What the form calls it. Two entries may have the same image under different names.
        public let name: String
        /// What is started, exactly as the file has it: `jupyter/base-notebook:latest`.
        public let image: String
        public let access: Access?
        public let description: String?
        /// Which of the backend's entries it is, counted from 0: what tells two of one name apart.
        public let position: Int?

        public init(
            name: String, image: String, access: Access? = nil, description: String? = nil, position: Int? = nil
        ) {
            self.name = name
            self.image = image
            self.access = access
            self.description = description
            self.position = position
        }
    }

    /// Which files a user may bring along.
    public struct Uploads: Sendable, Hashable, Codable {
        /// With their dots: `.txt`.
        public let extensions: [String]
        public let mostFiles: Int
        /// Bytes of one file.
        public let mostBytes: Int

        public init(extensions: [String], mostFiles: Int, mostBytes: Int) {
            self.extensions = extensions
            self.mostFiles = mostFiles
            self.mostBytes = mostBytes
        }
    }

    /// An admin's own HTML around the list of images and the upload, as SwarmSpawner has it: `{option_template}`,
    /// `{value}` and `{name}` are filled in, escaped. `nil`: ours.
    public struct Page: Sendable, Hashable, Codable {
        public let form: String?
        public let option: String?
        public let upload: String?

        public init(form: String? = nil, option: String? = nil, upload: String? = nil) {
            self.form = form
            self.option = option
            self.upload = upload
        }
    }

    public var images: [Image]
    /// The machines of which a user may choose one, by the key `remote_host`; empty: nobody chooses.
    public var machines: [String]
    /// `nil`: files are refused.
    public var uploads: Uploads?
    /// Further keys of user options that users may give, such as `resource_spec`. What they may hold, `settle` checks.
    public var keys: [String]
    public var page: Page

    public init(
        images: [Image] = [], machines: [String] = [], uploads: Uploads? = nil, keys: [String] = [], page: Page = Page()
    ) {
        self.images = images
        self.machines = machines
        self.uploads = uploads
        self.keys = keys
        self.page = page
    }
}

/// What a user chose from a menu.
public struct Choice: Sendable {
    /// The entry of the menu; `nil` where the menu has no images.
    public var image: Menu.Image?
    public var files: [UploadedFile]
    /// Further keys as the user gave them; all of them are in `Menu.keys`.
    public var options: [String: JSONValue]

    public init(image: Menu.Image? = nil, files: [UploadedFile] = [], options: [String: JSONValue] = [:]) {
        self.image = image
        self.files = files
        self.options = options
    }
}

/// A file that a user brings along. Neither its name nor its content is trusted.
public struct UploadedFile: Sendable, Hashable {
    /// With its extension, as the browser or the API gave it.
    public let name: String
    public let content: [UInt8]

    public init(name: String, content: [UInt8]) {
        self.name = name
        self.content = content
    }
}

extension UploadedFile: CustomStringConvertible, CustomReflectable {
    /// The content may be private: `requirements.txt (120 bytes)`.
    public var description: String { "\(name.excerpt) (\(content.count) bytes)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
