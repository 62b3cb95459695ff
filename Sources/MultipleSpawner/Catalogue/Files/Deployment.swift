/// What is launched: a name for the form, and options that are merged last into the backend's.
public struct Deployment: Sendable {
    public let name: String
    public let resourceType: ResourceType
    /// The providers that have it; empty: all.
    public let providers: [String]
    public let access: Access?
    public let description: String?
    /// Taken when a user names none; without one, the first that fits is.
    public let isDefault: Bool
    /// The image, where the backend takes one.
    public let image: String?
    /// Its options for each backend that understands them.
    let options: [BackendKind: OptionSet]
    let offset: Int

    /// The declaration of one entry of `spawner_deployments.json`.
    static let shape = ObjectShape(
        [
            Field("name", .string, required: true, "What the deployment is called, in the form and in requests."),
            Field(
                "providers", .list(.string), aliases: ["provider"],
                "The providers that have it; all, when it is not given."),
            Field("access", Access.shape, "Who may use it; everybody, when it is not given."),
            Field("description", .string, "A line for the form."),
            Field("default", .boolean, "Whether it is taken when a user names none."),
        ],
        others: .anything)

    /// The declaration of the whole file.
    static let fileShape = ObjectShape(
        [Field("$schema", .string, "The JSON Schema that editors hold this file against.")]
            + ResourceType.allCases.map { type in
                Field(
                    type.rawValue, .list(.object(shape)),
                    "What can be launched on a \(type.displayName.lowercased()).")
            })

    func serves(_ provider: String) -> Bool {
        providers.isEmpty || providers.contains(provider)
    }
}
