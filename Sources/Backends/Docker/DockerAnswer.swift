import MultipleSpawner
import Transport

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What an engine answered, whole or as a stream.
protocol DockerAnswer: Sendable {
    var status: Int { get }
    var headers: HTTPHeaders { get }
    /// Docker's own words, where the status says that it refused.
    func refusal() async -> String
}

extension HTTPResponse: DockerAnswer {
    func refusal() async -> String { DockerRefusal.words(body, status: status) }
}

extension HTTPStream: DockerAnswer {
    func refusal() async -> String {
        // A refusal is short. One that does not end is not waited for: its status alone has to do.
        let bytes = await within(.seconds(5)) { [body] in await body.beginning(ofAbout: 1 << 16) }
        return DockerRefusal.words(bytes ?? [], status: status)
    }
}

/// `{"message": "no such image: …"}`
private struct DockerRefusal: Decodable {
    let message: String

    static func words(_ body: [UInt8], status: Int) -> String {
        if let refusal = try? JSONDecoder().decode(DockerRefusal.self, from: Data(body)), !refusal.message.isEmpty {
            return refusal.message
        }
        let isBlank: (UInt8) -> Bool = { $0 <= 0x20 }
        let start = body.drop(while: isBlank).prefix(200)
        let text = String(decoding: start.reversed().drop(while: isBlank).reversed(), as: UTF8.self).excerpt
        return text.isEmpty ? "status \(status) without a word" : text
    }
}
