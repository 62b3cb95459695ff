/// The body of `POST /services/create`. Keys that hold nothing are absent, as docker-py leaves them out.
struct ServiceSpecification: Encodable, Sendable, Hashable, Withheld {
    var name: String
    var labels: [String: String]
    var task: TaskSpecification
    var endpoint: EndpointSpecification?

    private enum CodingKeys: String, CodingKey {
        case name = "Name"
        case labels = "Labels"
        case task = "TaskTemplate"
        case mode = "Mode"
        case endpoint = "EndpointSpec"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(labels, forKey: .labels)
        try container.encode(task, forKey: .task)
        // A session is one container.
        try container.encode(["Replicated": ["Replicas": 1]], forKey: .mode)
        try container.encodeIfPresent(endpoint, forKey: .endpoint)
    }
}
