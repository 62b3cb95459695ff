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
        let bytes = await withTaskGroup(of: [UInt8].self) { [body] group in
            group.addTask {
                var bytes: [UInt8] = []
                do {
                    for try await piece in body {
                        bytes += piece
                        if bytes.count > 64 * 1024 { break }
                    }
                } catch {
                    // What came before the break may still be told.
                }
                return bytes
            }
            group.addTask {
                try? await Task.sleep(for: .seconds(5))
                return []
            }
            defer { group.cancelAll() }
            return await group.next() ?? []
        }
        return DockerRefusal.words(bytes, status: status)
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
