/// How a request was matched: each template, taken or passed over and why, and what comes of it. Secrets are hidden.
public struct RoutingDecision: Sendable, Hashable, Codable {
    public struct Candidate: Sendable, Hashable, Codable {
        public let template: String
        public let taken: Bool
        /// Why it was taken or passed over, in a sentence.
        public let reason: String
    }

    /// What would be done.
    public struct Outcome: Sendable, Hashable, Codable {
        public let template: String
        public let deployment: String?
        public let provider: String
        public let resourceType: ResourceType
        public let backend: BackendKind
        /// Memory in bytes.
        public let resources: ResourceSpecification
        /// Bytes; `nil`: no limit is set.
        public let memoryLimit: Int?
        /// Cores; `nil`: no limit is set.
        public let cpuLimit: Double?
        public let lifetime: Lifetime
        /// The image that is started, and what the list of images calls it; `nil` where there is no such list.
        public let image: String?
        public let imageName: String?
        /// The names of the files that the user brings along.
        public let files: [String]
        /// The backend's options as they are for this request. Placeholders of the user's attributes stand as written.
        public let options: JSONValue

        private enum CodingKeys: String, CodingKey {
            case template, deployment, provider, backend, lifetime, image, files, options
            case imageName = "image_name"
            case resourceType = "resource_type"
            case resources = "resource_specification"
            case memoryLimit = "memory_limit"
            case cpuLimit = "cpu_limit"
        }
    }

    /// Why nothing would be done.
    public struct Refusal: Sendable, Hashable, Codable {
        public let code: SpawnError.Code
        public let message: String
        public let details: [String]
    }

    public let candidates: [Candidate]
    /// `nil` when the request is refused.
    public let plan: Outcome?
    /// `nil` when the request would be served.
    public let error: Refusal?

    /// - Parameter plan: one that was made to be shown.
    init(candidates: [Candidate], plan: SessionPlan, image: Menu.Image?) {
        self.candidates = candidates
        self.plan = Outcome(plan, image: image)
        error = nil
    }

    init(candidates: [Candidate], error: SpawnError) {
        self.candidates = candidates
        plan = nil
        self.error = Refusal(code: error.code, message: error.message, details: error.details)
    }

    /// The error as one can throw it.
    public var spawnError: SpawnError? {
        error.map { SpawnError($0.code, $0.message, details: $0.details) }
    }
}

extension RoutingDecision.Outcome {
    fileprivate init(_ plan: SessionPlan, image: Menu.Image?) {
        template = plan.template
        deployment = plan.deployment
        provider = plan.provider
        resourceType = plan.resourceType
        backend = plan.backend
        resources = plan.resources
        memoryLimit = plan.limits.memory
        cpuLimit = plan.limits.cpu
        lifetime = plan.lifetime
        self.image = image?.image
        imageName = image?.name
        files = plan.files.map(\.name)
        options = plan.options.hidingSecrets
    }
}

extension JSONValue {
    /// The value with everything hidden that stands under a key such as `password` or `api_token`.
    var hidingSecrets: JSONValue {
        switch self {
        case .object(let members):
            .object(
                Dictionary(
                    members.map { key, value in
                        (key, PlaceholderName.looksSecret(key) ? "<hidden>" : value.hidingSecrets)
                    }, uniquingKeysWith: { first, _ in first }))
        case .array(let elements): .array(elements.map(\.hidingSecrets))
        default: self
        }
    }
}
