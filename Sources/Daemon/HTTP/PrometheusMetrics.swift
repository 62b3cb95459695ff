import CoreMetrics
import Synchronization

/// swift-metrics kept in memory, and written in Prometheus' text format 0.0.4 when somebody asks.
final class PrometheusMetrics: MetricsFactory {
    private let series = Mutex<[String: Series]>([:])

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        find(label, dimensions, .counter)
    }

    func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        find(label, dimensions, .counter)
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        find(label, dimensions, .gauge)
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        find(label, dimensions, .summary)
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        find(label, dimensions, .summary)
    }

    // A series is kept for good: a counter that is made again goes on where it was.
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}

    private func find(_ label: String, _ dimensions: [(String, String)], _ kind: Series.Kind) -> Series {
        let labels = dimensions.map { "\($0.0)=\"\(Self.escape($0.1))\"" }.joined(separator: ",")
        return series.withLock { series in
            let key = "\(label){\(labels)}"
            if let known = series[key] { return known }
            let made = Series(name: label, labels: labels, kind: kind)
            series[key] = made
            return made
        }
    }

    private static func escape(_ value: String) -> String {
        value.reduce(into: "") { text, character in
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.append(character)
            }
        }
    }

    /// All series, those of one name together under their type, as the format wants it.
    func exposition() -> String {
        let all = series.withLock { Array($0.values) }
        var text = ""
        var named = ""
        for one in all.sorted(by: { ($0.name, $0.labels) < ($1.name, $1.labels) }) {
            if one.name != named {
                named = one.name
                text += "# TYPE \(one.name) \(one.kind.rawValue)\n"
            }
            text += one.lines
        }
        return text
    }
}

/// One line, or the pair of lines of a summary.
private final class Series: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler, TimerHandler {
    enum Kind: String, Sendable {
        case counter, gauge, summary
    }

    let name: String
    let labels: String
    let kind: Kind
    private let value = Mutex((sum: 0.0, count: 0))

    init(name: String, labels: String, kind: Kind) {
        self.name = name
        self.labels = labels
        self.kind = kind
    }

    var lines: String {
        let (sum, count) = value.withLock { $0 }
        let suffix = labels.isEmpty ? "" : "{\(labels)}"
        guard kind == .summary else { return "\(name)\(suffix) \(sum)\n" }
        return "\(name)_sum\(suffix) \(sum)\n\(name)_count\(suffix) \(count)\n"
    }

    private func add(_ amount: Double) {
        value.withLock { $0 = ($0.sum + amount, $0.count + 1) }
    }

    func increment(by amount: Int64) { add(Double(amount)) }
    func increment(by amount: Double) { add(amount) }
    func decrement(by amount: Double) { add(-amount) }
    func reset() { value.withLock { $0 = (0, 0) } }
    func set(_ new: Int64) { set(Double(new)) }
    func set(_ new: Double) { value.withLock { $0 = (new, 1) } }
    func record(_ new: Int64) { add(Double(new)) }
    func record(_ new: Double) { add(new) }
    /// Prometheus counts time in seconds.
    func recordNanoseconds(_ duration: Int64) { add(Double(duration) / 1e9) }
}
