/// What one user may choose from, as the form shows it: providers, their kinds of machines, templates, deployments, and
/// what these have on their menus.
///
/// Only what this user may use and this build can serve is in it.
public struct SpawnForm: Sendable, Hashable, Codable {
    public struct Provider: Sendable, Hashable, Codable {
        public let name: String
        public let displayName: String
        public let types: [MachineType]
        /// What is free there, and what it costs; `nil` where there is nothing to tell.
        public let room: Room?
    }

    public struct MachineType: Sendable, Hashable, Codable {
        /// `container`, `virtual_machine` or `bare_metal`.
        public let name: String
        public let displayName: String
        public let templates: [Template]
    }

    public struct Template: Sendable, Hashable, Codable {
        public let name: String
        public let description: String?
        public let icon: String?
        public let limits: Limits
        /// What is free for it at this provider, and what it costs; `nil` where there is nothing to tell.
        public let room: Room?
        /// Its place in `menus`; `nil` where there is nothing to choose, or the deployments say it.
        public let menu: Int?
        /// What can be launched; empty where the template says it all.
        public let deployments: [Deployment]
    }

    /// The most that may be asked; `nil` where there is no bound.
    public struct Limits: Sendable, Hashable, Codable {
        /// Bytes.
        public let memory: Int?
        public let cpu: Double?
        public let gpu: Int?
        /// Minutes, when the user does not say.
        public let lifetime: Int?
        /// The most minutes.
        public let longestLifetime: Int?
    }

    public struct Deployment: Sendable, Hashable, Codable {
        public let name: String
        public let description: String?
        /// Whether it is taken when none is chosen.
        public let isDefault: Bool
        /// The menu of the template with this deployment.
        public let menu: Int?
    }

    /// Images and machines to choose from, and files to bring along.
    public struct Menu: Sendable, Hashable, Codable {
        public let images: [Image]
        public let machines: [String]
        public let uploads: MultipleSpawner.Menu.Uploads?
        public let page: MultipleSpawner.Menu.Page
    }

    public struct Image: Sendable, Hashable, Codable {
        public let name: String
        public let image: String
        public let description: String?

        /// What the field holds when this image is chosen: JSON, as SwarmSpawner's tests send it.
        public var value: String { JSONValue.object(["image": .string(image), "name": .string(name)]).text }
    }

    public let providers: [Provider]
    /// Every menu once, whichever templates have it.
    public let menus: [Menu]
    /// What each field shows first: the user's last choice where it is still on offer.
    public let values: [FormField: String]
    /// What the user's quotas leave, a line each; empty where there are none.
    public let quotas: [String]

    init(providers: [Provider], menus: [Menu], values: [FormField: String], quotas: [String] = []) {
        self.providers = providers
        self.menus = menus
        self.values = values
        self.quotas = quotas
    }

    /// Whether there is nothing that this user may start.
    public var isEmpty: Bool { providers.isEmpty }
}
