import MultipleSpawner
import Testing

@testable import Providers

struct CloudPartsTests {
    @Test(arguments: [
        ("https://ec2.eu-north-1.amazonaws.com", "ec2.eu-north-1.amazonaws.com", ""),
        ("https://Cloud.example.com:443/", "cloud.example.com", ""),
        ("https://cloud.example.com:8443/ec2/v1//", "cloud.example.com:8443", "/ec2/v1"),
        ("http://127.0.0.1:5000", "127.0.0.1:5000", ""), ("http://localhost", "localhost", ""),
        ("http://[::1]:80/x", "[::1]", "/x"), ("https://[2001:db8::1]:8443", "[2001:db8::1]:8443", ""),
    ])
    func `an endpoint is taken apart`(_ text: String, _ host: String, _ path: String) throws {
        let endpoint = try CloudEndpoint(text)
        #expect(endpoint.host == host)
        #expect(endpoint.path == path)
        #expect(endpoint.url.hasSuffix(host + path))
    }

    @Test(arguments: [
        "", "ec2.example.com", "ftp://x", "http://ec2.example.com", "http://10.0.0.1", "http://localhost.example.com",
        "https://", "https://:80", "https://x:0", "https://x:99999", "https://x:y", "https://user@x", "https://x?y",
        "https://x#y", "https://x y", "https://x\n", "https://é",
    ])
    func `what is no endpoint, or is not safe, is refused`(_ text: String) {
        #expect(throws: SpawnError.self) { try CloudEndpoint(text) }
    }

    @Test(arguments: ["alice", "Ünï<&>\"'\n\u{0}%*@+/\\", "aws:x", "😀", " ", "a%2Fb"])
    func `a name survives being a tag`(_ name: String) {
        let encoded = CloudTags.encode(name)
        #expect(encoded.utf8.allSatisfy { $0.isUnreservedInURL || "%@+".utf8.contains($0) })
        #expect(CloudTags.decode(encoded) == name)
    }

    @Test func `a name that is too long for a tag is cut, and known to be`() {
        let encoded = CloudTags.encode(String(repeating: "é", count: 200))
        #expect(encoded.utf8.count == 255)
        #expect(CloudTags.decode(encoded) == nil)
        for broken in ["%", "%4", "%zz", "%FF"] { #expect(CloudTags.decode(broken) == nil) }
    }

    @Test func `profiles are read as the clouds' own programs read them`() {
        let text = """
            stray = 1
            # comment
            [default]
            aws_access_key_id=A=B
              nested = 2
            ; another
            [ profile  two ]
            Region = eu-north-1\r
            empty =
            [default]
            region = x
            [broken
            """
        let file = ProfileFile(Array(text.utf8))
        #expect(file.names == ["default", "profile  two"])
        #expect(file["default"] == ["aws_access_key_id": "A=B", "region": "x"])
        #expect(file["profile  two"] == ["region": "eu-north-1", "empty": ""])
        #expect(file["nobody"] == nil)
    }

    @Test func `rests grow, vary, and heed what the cloud asks for`() {
        let pace = CloudPace.usual
        for attempt in 1...100 {
            let rests = (0..<50).map { _ in pace.rest(after: attempt, asked: nil) }
            #expect(rests.allSatisfy { $0 >= .zero && $0 <= pace.longestRest })
            #expect(Set(rests).count > 1)
        }
        #expect(pace.rest(after: 1, asked: .seconds(7)) >= .seconds(7))
        #expect(pace.rest(after: 1, asked: .seconds(1_000_000)) <= pace.longestRest * 3)
    }

    @Test func `moments are read and written`() {
        #expect(CalendarTime(extended: "2015-08-30T12:36:00Z")?.seconds == 1_440_938_160)
        #expect(CalendarTime(extended: "2015-08-30T12:36:00.123Z")?.basic == "20150830T123600Z")
        for text in [
            "", "2015-08-30", "2015-13-30T12:36:00Z", "2015-08-30T12:36:00+01:00", "99999999999999999999-1-1T1:1:1Z",
        ] {
            #expect(CalendarTime(extended: text) == nil)
        }
    }

    @Test func `what a cloud says becomes one line`() {
        let said = "a\nb\u{0}c\u{202E}d" + String(repeating: "x", count: 1000)
        #expect(said.cloudLine.hasPrefix("a b c dx"))
        #expect(said.cloudLine.unicodeScalars.count == 301)
    }

    @Test func `patterns of types match as they read`() {
        for (name, pattern, isSo) in [
            ("t3.small", "t3.*", true), ("t3.small", "*.small", true), ("t3.small", "t3.small", true),
            ("t3.small", "t3", false),
            ("t3.small", "*", true), ("t3.small", "t*.s*l", true), ("t3.small", "t3.small*small", false),
            ("aa", "a*a*a", false),
        ] { #expect(NamePattern(pattern).fits(name) == isSo, "\(name) \(pattern)") }
    }
}
