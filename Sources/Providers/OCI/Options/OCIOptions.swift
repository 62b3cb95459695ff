import MultipleSpawner

/// An entry of `providers.json` for Oracle's cloud. The groups are the original's.
struct OCIOptions: Sendable {
    var region: String?
    var endpoint: String?
    var configurationFile: String?
    var profile: String?
    /// `nil`: the root of the tenancy.
    var compartment: String?
    var authorityFile: String?
    var usesProxy: Bool
    var makesNetwork: Bool
    var network: OCINetworkOptions
    /// What templates may change: they are put over these.
    var machine: JSONValue

    static let shape = ObjectShape(
        [
            Field("region", .string, "The region; as the configuration says when not given."),
            Field("endpoint", .string, "Where the interfaces are, for a cloud that is not Oracle's."),
            Field("config_file", .path, "Oracle's configuration (~/.oci/config); also OCI_CONFIG_PATH."),
            Field("profile", .object(profile), "Who asks, and for which part of the tenancy."),
            Field("ca_file", .path, "The authorities that certificates are checked against; the system's."),
            Field("proxy", .boolean, "Whether HTTPS_PROXY of the environment is followed (false)."),
            Field("make_network", .boolean, "Whether a network that is missing is made (true)."),
        ] + OCINetworkOptions.fields + OCIMachineOptions.fields)

    private static let profile = ObjectShape([
        Field(
            "name", .string, aliases: ["profile_name"],
            "The profile of the configuration (DEFAULT); also OCI_PROFILE_NAME."),
        Field("compartment_id", .string, "The compartment; the root of the tenancy when not given."),
    ])

    /// - Parameter options: as the file gives them; they are checked here.
    init(_ given: JSONValue, environment: [String: String]) throws(SpawnError) {
        let options = try Self.shape.bind(OCIEnvironment(environment).completing(given, Self.shape))
        region = options["region"]?.filledString
        endpoint = options["endpoint"]?.filledString
        configurationFile = options["config_file"]?.filledString
        profile = options["profile"]?["name"]?.filledString
        compartment = options["profile"]?["compartment_id"]?.filledString
        authorityFile = options["ca_file"]?.filledString.map { PlainFile.expand($0, environment) }
        usesProxy = options["proxy"]?.boolValue ?? false
        makesNetwork = options["make_network"]?.boolValue ?? true
        network = OCINetworkOptions(options)
        let own = Set(OCIMachineOptions.fields.map(\.name))
        machine = .object((options.objectValue ?? [:]).filter { own.contains($0.key) })
        // What is wrong with them is told when the file is read, not to the first user.
        _ = try OCIMachineOptions(machine)
        _ = try OCIPlace(region: region ?? "any", endpoint: endpoint)
    }

    /// These options with a template's over them. An image or a shape that the template names takes the place of ours.
    func machine(with wanted: JSONValue) throws(SpawnError) -> OCIMachineOptions {
        var base = machine.objectValue ?? [:]
        if var instance = base["instance"]?.objectValue, let other = wanted["instance"] {
            let pairs = [
                ["image", "operating_system", "operating_system_version"], ["shape", "shapes", "shape_config"],
            ]
            for pair in pairs where pair.prefix(2).contains(where: { other[$0]?.isNull == false }) {
                for key in pair { instance[key] = nil }
            }
            base["instance"] = .object(instance)
        }
        return try OCIMachineOptions(JSONValue.object(base).merged(with: wanted.isNull ? [:] : wanted))
    }
}
