import FoundationEssentials
import MultipleSpawner
import Testing

@testable import Daemon

@Suite struct StatusPageTests {
    private func page(user: String = "alice", refused: [Diagnostic] = []) throws -> String {
        let reading = Catalogue.read(CatalogueSources(), registry: try Plugins.registry(stateDirectory: ""))
        let plan = SessionPlan(
            id: try SessionID("one"), identity: try SessionIdentity(hub: "hub", user: user), template: "local",
            backend: "local")
        return try StatusPage.html(
            StatusReport(
                records: [SessionRecord(plan, created: Date(timeIntervalSince1970: 0))],
                catalogue: #require(reading.catalogue), read: Date(timeIntervalSince1970: 0), refused: refused))
    }

    @Test func `it tells the sessions and what is in force`() throws {
        let html = try page()
        #expect(html.contains("<td>alice</td><td></td><td>accepted</td><td>local</td><td>local</td>"))
        #expect(html.contains("<td>1 GB</td><td>1</td>"))
        #expect(html.contains("In force since 1970-01-01T00:00:00Z"))
        #expect(html.contains("<code>built-in templates:1</code>"))
        #expect(!html.contains("role=\"alert\""))
    }

    @Test func `it tells why a newer version of the files is refused`() throws {
        let diagnostic = Diagnostic(
            severity: .error, file: "t.json", line: 3, column: 5, keyPath: "", rule: .unknownKey, message: "a <b> key")
        #expect(
            try page(refused: [diagnostic]).contains("<li>t.json:3:5: error: a &lt;b&gt; key [unknown-key]</li>"))
    }

    @Test(arguments: ["<script>", "\"\u{301}>", "a&b'c", "`x`"])
    func `a user's name is never HTML`(user: String) throws {
        let html = try page(user: user)
        #expect(html.marks("<>\"'`") == (try page()).marks("<>\"'`"))
    }
}
