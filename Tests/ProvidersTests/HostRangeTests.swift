import MultipleSpawner
import Testing

@testable import Providers

/// Names of hosts in their short form.
@Suite struct HostRangeTests {
    @Test(arguments: [
        ("node1", ["node1"]), ("node[1-3]", ["node1", "node2", "node3"]),
        ("n[08-10].lab", ["n08.lab", "n09.lab", "n10.lab"]),
        ("g[1,3,7-8]", ["g1", "g3", "g7", "g8"]), ("r[1-2]n[1-2]", ["r1n1", "r1n2", "r2n1", "r2n2"]),
        ("n[1,1]", ["n1"]), ("n[5]", ["n5"]),
    ])
    func `a range stands for its hosts, in order, and keeps its prefix`(text: String, names: [String]) throws {
        #expect(try HostRange(text).names == names)
    }

    @Test(arguments: [
        "n[1-3", "n1-3]", "n[3-1]", "n[a-b]", "n[]", "n[1-]", "n[-1]", "n[1-2-3]", "n[1,,2]", "n[0-9999999999]",
        "n[1-1000][1-1000]",
    ])
    func `what is no range is told, with how to write one`(text: String) {
        let error = #expect(throws: SpawnError.self) { try HostRange(text) }
        #expect(error?.code == .invalidRequest && error?.message.contains("node[01-16]") == true)
    }
}
