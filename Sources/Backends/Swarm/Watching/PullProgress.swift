import MultipleSpawner

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How far Docker is with the pull of an image, from what `POST /images/create` tells.
struct PullProgress: Sendable {
    /// What is known of the layers, by their ids: bytes.
    private var layers: [String: (done: Int, whole: Int)] = [:]

    /// Takes one line in; lines that it does not know say nothing.
    mutating func hear(_ line: [UInt8]) {
        guard let event = try? JSONDecoder().decode(Event.self, from: Data(line)), let layer = event.layer else {
            return
        }
        if event.status == "Downloading", let progress = event.progress, let done = progress.current,
            let whole = progress.total, done >= 0, whole > 0
        {
            layers[layer] = (min(done, whole), whole)
        } else if event.status == "Download complete" || event.status == "Pull complete", let known = layers[layer] {
            layers[layer] = (known.whole, known.whole)
        }
    }

    /// `120 of 450 MB`, as far as the layers have begun; `nil` before the first has.
    var text: String? {
        guard !layers.isEmpty else { return nil }
        let (done, whole) = layers.values.reduce((0, 0)) { sum, layer in
            (sum.0.addingClamping(layer.done), sum.1.addingClamping(layer.whole))
        }
        return "\(done / 1_000_000) of \(whole / 1_000_000) MB"
    }

    private struct Event: Decodable {
        struct Progress: Decodable {
            let current: Int?
            let total: Int?
        }

        let status: String?
        let layer: String?
        let progress: Progress?

        private enum CodingKeys: String, CodingKey {
            case status
            case layer = "id"
            case progress = "progressDetail"
        }
    }
}

extension Int {
    fileprivate func addingClamping(_ other: Int) -> Int {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }
}
