import Testing

@testable import Backends

@Suite struct SwarmPullTests {
    private static func text(_ lines: String...) -> String? {
        var progress = PullProgress()
        for line in lines { progress.hear(Array(line.utf8)) }
        return progress.text
    }

    private static func downloading(_ layer: String, _ done: Int, of whole: Int) -> String {
        """
        {"status": "Downloading", "progressDetail": {"current": \(done), "total": \(whole)}, "id": "\(layer)"}
        """
    }

    @Test func `the layers that have begun are added up`() {
        #expect(
            Self.text(
                "{\"status\": \"Pulling from library/debian\", \"id\": \"12\"}",
                Self.downloading("a", 10_000_000, of: 300_000_000), Self.downloading("b", 5_000_000, of: 50_000_000),
                Self.downloading("a", 200_000_000, of: 300_000_000)) == "205 of 350 MB")
    }

    @Test func `a layer that is there counts whole`() {
        #expect(
            Self.text(
                Self.downloading("a", 10_000_000, of: 300_000_000),
                "{\"status\": \"Download complete\", \"progressDetail\": {}, \"id\": \"a\"}") == "300 of 300 MB")
    }

    @Test func `before the first layer there is nothing to tell`() {
        #expect(Self.text("{\"status\": \"Pulling fs layer\", \"progressDetail\": {}, \"id\": \"a\"}") == nil)
    }

    @Test(arguments: [
        "", "null", "[]", "{\"id\": 4}", "{\"status\": \"Downloading\", \"id\": \"a\"}",
        "{\"status\": \"Downloading\", \"progressDetail\": {\"current\": -1, \"total\": 5}, \"id\": \"a\"}",
        "{\"status\": \"Downloading\", \"progressDetail\": {\"current\": 1, \"total\": -5}, \"id\": \"a\"}",
    ])
    func `what is no progress says nothing`(_ line: String) {
        #expect(Self.text(line) == nil)
    }

    @Test func `sizes that no image has do no harm`() {
        #expect(
            Self.text(Self.downloading("a", 1, of: .max), Self.downloading("b", 1, of: .max))
                == "0 of \(Int.max / 1_000_000) MB")
    }
}
