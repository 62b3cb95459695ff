#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The body of `POST /configs/create` and of `POST /secrets/create`.
struct StoredFile: Encodable, Sendable, Hashable, Withheld {
    var name: String
    var labels: [String: String]
    var content: [UInt8]

    private enum CodingKeys: String, CodingKey {
        case name = "Name"
        case labels = "Labels"
        case content = "Data"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(labels, forKey: .labels)
        try container.encode(Data(content).base64EncodedString(), forKey: .content)
    }
}
