/// Why a template was passed over, from what is far from the wish to what is near.
enum RefusalReason: Sendable, Hashable {
    case hidden
    case otherName
    case otherType
    case otherProvider
    /// `providers.json` does not have the pair of provider and type.
    case unlistedProvider(String)
    case noSuchDeployment(String)
    case deploymentElsewhere(String, provider: String)
    case deploymentMisfit(String)
    case noDeploymentForUser
    /// `among` is how many images the user has to choose from.
    case noSuchImage(String, among: Int)
    /// The template is known by name only, and so are its images.
    case unknownImages(String)
    case noImageForUser
    case noUploads
    case uploadMisfit(String)
    /// A further key that the template does not let users choose.
    case keyNotOffered(String)
    case tooMuchMemory(wanted: Int, most: Int)
    case tooMuchCPU(wanted: Double, most: Double)
    case tooManyGPUs(wanted: Int, most: Int)
    case tooLong(wanted: Int, most: Int)
    case missing(String)

    /// How near the template came to being taken: the nearest one's reason is what a user is told.
    var nearness: Int {
        switch self {
        case .hidden: 0
        case .otherName: 1
        case .otherType: 2
        case .otherProvider: 3
        case .unlistedProvider: 4
        case .noSuchDeployment, .unknownImages: 5
        case .noSuchImage: 6
        case .deploymentElsewhere, .deploymentMisfit, .noDeploymentForUser, .noImageForUser: 7
        case .noUploads, .keyNotOffered: 8
        case .uploadMisfit: 9
        case .missing: 9
        // What there is comes before what there might be in another build.
        case .tooMuchMemory, .tooMuchCPU, .tooManyGPUs, .tooLong: 10
        }
    }

    /// Among equally near ones, the one that leaves most: the largest machine, or list, tells how much there is.
    var most: Double {
        switch self {
        case .tooMuchMemory(_, let most): Double(most)
        case .tooMuchCPU(_, let most): most
        case .tooManyGPUs(_, let most): Double(most)
        case .tooLong(_, let most): Double(most)
        case .noSuchImage(_, let count): Double(count)
        default: 0
        }
    }

    /// For a list of templates: what it says of this one.
    func text(for template: Template) -> String {
        switch self {
        case .hidden: "the user may not use it"
        case .otherName: "its name is another"
        case .otherType: "its resource type is '\(template.resourceType.rawValue)'"
        case .otherProvider: "its providers are \(NearestName.list(template.providers))"
        case .unlistedProvider(let provider):
            "the provider '\(provider.excerpt)' does not offer the type '\(template.resourceType.rawValue)'"
        case .noSuchDeployment(let name):
            "there is no deployment '\(name.excerpt)' of the type '\(template.resourceType.rawValue)'"
        case .deploymentElsewhere(let name, let provider):
            "the provider '\(provider.excerpt)' does not have the deployment '\(name.excerpt)'"
        case .deploymentMisfit(let name):
            "the deployment '\(name.excerpt)' has options that its backend '\(template.backend.rawValue)' does not know"
        case .noDeploymentForUser: "the user may use none of its deployments"
        case .noSuchImage(let image, _): "it does not offer the image '\(image.excerpt)'"
        case .noImageForUser: "the user may use none of its images"
        case .noUploads: "it takes no files"
        case .uploadMisfit(let reason): reason
        case .keyNotOffered(let key):
            "it does not let users choose '\(key)'; leave it out, or ask an admin to allow it"
        case .tooMuchMemory(let wanted, let most):
            "\(MemorySize.text(wanted)) of memory are more than its limit of \(MemorySize.text(most))"
        case .tooMuchCPU(let wanted, let most):
            "\(MemorySize.number(wanted)) cpu cores are more than its limit of \(MemorySize.number(most))"
        case .tooManyGPUs(let wanted, let most): "\(wanted) gpu are more than its limit of \(most)"
        case .tooLong(let wanted, let most):
            "a lifetime of \(wanted) minutes is more than its limit of \(most)"
        case .missing(let what), .unknownImages(let what): what
        }
    }
}
