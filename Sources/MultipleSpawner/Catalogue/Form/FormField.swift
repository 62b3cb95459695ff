/// The fields of the form, by the names that the originals gave them.
public enum FormField: String, Sendable, Hashable, Codable, CaseIterable, CodingKeyRepresentable {
    case provider
    case resourceType = "resource_type"
    case template, deployment
    case image = "select_image"
    case machine = "remote_host"
    case memory, cpu, gpu, lifetime

    /// The field of the files that a user brings along.
    public static let upload = "user-upload"

    /// What stands beside the field.
    public var label: String {
        switch self {
        case .provider: "Provider"
        case .resourceType: "Kind of machine"
        case .template: "Configuration"
        case .deployment: "Environment"
        case .image: "Select a notebook image:"
        case .machine: "Machine"
        case .memory: "Amount of memory (GB)"
        case .cpu: "Number of CPU cores"
        case .gpu: "Number of GPUs"
        case .lifetime: "How many minutes should it run for?"
        }
    }
}
