/// How a service is reached: how its name is resolved, and which ports are published.
struct EndpointSpecification: Encodable, Sendable, Hashable {
    struct Port: Encodable, Sendable, Hashable {
        var name: String?
        var protocolName = "tcp"
        var target: Int
        /// `nil`: one that Docker chooses.
        var published: Int?
        var mode: String?

        private enum CodingKeys: String, CodingKey {
            case name = "Name"
            case protocolName = "Protocol"
            case target = "TargetPort"
            case published = "PublishedPort"
            case mode = "PublishMode"
        }
    }

    var mode: String?
    var ports: [Port]?

    private enum CodingKeys: String, CodingKey {
        case mode = "Mode"
        case ports = "Ports"
    }
}
