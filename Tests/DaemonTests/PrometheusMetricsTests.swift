import CoreMetrics
import Testing

@testable import Daemon

@Suite struct PrometheusMetricsTests {
    @Test func `counters, gauges and timers are written under their types, in order`() {
        let metrics = PrometheusMetrics()
        metrics.makeCounter(label: "b_total", dimensions: [("backend", "local")]).increment(by: 2)
        metrics.makeCounter(label: "b_total", dimensions: [("backend", "local")]).increment(by: 1)
        metrics.makeMeter(label: "a", dimensions: []).set(Int64(5))
        metrics.makeTimer(label: "c_seconds", dimensions: []).recordNanoseconds(1_500_000_000)
        #expect(
            metrics.exposition() == """
                # TYPE a gauge
                a 5.0
                # TYPE b_total counter
                b_total{backend="local"} 3.0
                # TYPE c_seconds summary
                c_seconds_sum 1.5
                c_seconds_count 1

                """)
    }

    @Test func `a label's value cannot break out of its line`() {
        let metrics = PrometheusMetrics()
        metrics.makeCounter(label: "x_total", dimensions: [("user", "a\"b\\c\nd")]).increment(by: 1)
        #expect(metrics.exposition().contains(#"x_total{user="a\"b\\c\nd"} 1.0"#))
    }
}
