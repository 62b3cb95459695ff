import MultipleSpawner
import Transport

/// An entry of `providers.json` for EC2.
struct EC2Options: Sendable {
    var region: String?
    var endpoint: String?
    var profile: String?
    var authorityFile: String?
    var usesProxy: Bool
    /// What templates may change: they are put over these.
    var machine: JSONValue

    static let shape = ObjectShape(
        [
            Field("region", .string, "The region; as AWS_REGION or the profile says when not given."),
            Field(
                "endpoint", .string,
                "Where EC2's interface is, for a cloud that is not Amazon's: https://ec2.example.com."),
            Field(
                "profile", .string, "The profile of ~/.aws/credentials and ~/.aws/config; else the environment says it."
            ),
            Field("ca_file", .path, "The authorities that its certificate is checked against; the system's."),
            Field("proxy", .boolean, "Whether HTTPS_PROXY of the environment is followed (false)."),
        ] + EC2MachineOptions.fields)

    /// - Parameter options: as the file gives them; they are checked here.
    init(_ options: JSONValue, environment: [String: String]) throws(SpawnError) {
        let options = try Self.shape.bind(options)
        region = options["region"]?.filledString
        endpoint = options["endpoint"]?.filledString
        profile = options["profile"]?.filledString
        authorityFile = options["ca_file"]?.filledString.map { PlainFile.expand($0, environment) }
        usesProxy = options["proxy"]?.boolValue ?? false
        let own = Set(EC2MachineOptions.fields.map(\.name))
        machine = .object((options.objectValue ?? [:]).filter { own.contains($0.key) })
        // What is wrong with them is told when the file is read, not to the first user.
        _ = try EC2MachineOptions(machine)
        if let region { _ = try EC2Place(region: region, endpoint: endpoint) }
        if let endpoint { _ = try CloudEndpoint(endpoint) }
    }

    /// These options with a template's over them. An image that the template names takes the place of ours, however named.
    func machine(with wanted: JSONValue) throws(SpawnError) -> EC2MachineOptions {
        var base = machine.objectValue ?? [:]
        for pair in [["image", "image_name"], ["instance_type", "instance_types"]]
        where pair.contains(where: { wanted[$0]?.isNull == false }) {
            for key in pair { base[key] = nil }
        }
        return try EC2MachineOptions(JSONValue.object(base).merged(with: wanted.isNull ? [:] : wanted))
    }
}
