import MultipleSpawner
import Testing

@testable import Daemon

/// What the hub sends with a start, as the core gets it.
@Suite struct StartBodyTests {
    private func request(_ more: String, files: [String: [UInt8]] = [:]) throws -> SessionRequest {
        let text = #"{"hub": "h", "user": "alice"\#(more)}"#
        let body = RequestBody(try StartBody.shape.bind(JSONSource(file: "body", text: text)))
        return try StartBody.request(try SessionID("one"), body, files: files)
    }

    @Test func `what is known of the user, the certificates and the files come through, and none of it is printed`()
        throws
    {
        let request = try request(
            """
            , "user_data": {"mount_data": {"privateKey": "KEY", "port": 22}, "name": "x"},
              "certificates": {"keyfile": "PEM-KEY", "certfile": "PEM-CERT", "cafile": "PEM-CA"}
            """, files: ["abc": [1]])
        let texts = request.attributes.texts(of: ["mount_data"])
        #expect(texts == ["privateKey": "KEY", "port": "22"])
        #expect(request.certificates?.key.reveal() == "PEM-KEY")
        #expect(request.certificates?.certificate.reveal() == "PEM-CERT")
        #expect(request.certificates?.authorities.reveal() == "PEM-CA")
        #expect(request.files == ["abc": [1]])
        #expect(!"\(request)".contains("KEY"))
    }

    @Test(arguments: ["", #", "user_data": {}, "certificates": null"#, #", "user_data": null"#])
    func `they may be left out`(more: String) throws {
        let request = try request(more)
        #expect(request.certificates == nil)
        #expect(request.attributes == UserAttributes())
        #expect(request.files.isEmpty)
    }

    @Test(arguments: [
        (#", "user_data": "KEY""#, "user_data"), (#", "certificates": {"keyfile": "KEY"}"#, "'certfile' is missing"),
        (#", "certificates": {"keyfile": {"KEY": 1}, "certfile": "", "cafile": ""}"#, "keyfile"),
    ])
    func `what does not fit is refused by name`(more: String, expected: String) {
        let error = #expect(throws: SpawnError.self) { try request(more) }
        #expect(error?.message.contains(expected) == true || error?.details.joined().contains(expected) == true)
    }

    @Test func `a plan has the certificates`() throws {
        let reading = Catalogue.read(CatalogueSources(), registry: try Plugins.registry(stateDirectory: ""))
        let certified = try request(
            #", "certificates": {"keyfile": "a", "certfile": "b", "cafile": "c"}"#)
        let plan = try #require(reading.catalogue).plan(for: certified)
        #expect(plan.certificates == certified.certificates)
    }
}
