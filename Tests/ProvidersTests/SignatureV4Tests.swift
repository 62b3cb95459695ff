import MultipleSpawner
import Testing

@testable import Providers

/// AWS's own test suite for signatures: `aws-sig-v4-test-suite`.
struct SignatureV4Tests {
    private let signature = SignatureV4(
        credentials: AWSCredentials(
            accessKey: "AKIDEXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", sessionToken: nil,
            expires: nil), region: "us-east-1", service: "service", time: CalendarTime(1_440_938_160))

    private func request(
        _ method: String, path: String = "/", query: [(String, String)] = [], headers: [String: String] = [:],
        body: String = ""
    ) -> SignatureV4.Request {
        let usual = ["host": "example.amazonaws.com", "x-amz-date": "20150830T123600Z"]
        return SignatureV4.Request(
            method: method, path: path, query: query.map { (name: $0.0, value: $0.1) },
            headers: usual.merging(headers) { $1 }, body: Array(body.utf8))
    }

    @Test func `the time is the one of the published vectors`() {
        #expect(signature.time.basic == "20150830T123600Z")
        #expect(signature.time.http == "Sun, 30 Aug 2015 12:36:00 GMT")
    }

    @Test func `a plain request has the published canonical form and signature`() {
        let canonical = """
            GET
            /

            host:example.amazonaws.com
            x-amz-date:20150830T123600Z

            host;x-amz-date
            e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
            """
        #expect(signature.canonical(request("GET")) == canonical)
        #expect(
            signature.authorization(for: request("GET")).reveal()
                == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                + "SignedHeaders=host;x-amz-date, "
                + "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")
    }

    @Test func `further requests have the published signatures`() {
        let vectors: [(SignatureV4.Request, String)] = [
            // post-vanilla
            (request("POST"), "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
            // get-vanilla-query-order-key-case
            (
                request("GET", query: [("Param2", "value2"), ("Param1", "value1")]),
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
            ),
            // post-x-www-form-urlencoded
            (
                request(
                    "POST", headers: ["content-type": "application/x-www-form-urlencoded"], body: "Param1=value1"),
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
            ),
            // get-utf8
            (request("GET", path: "/ሴ"), "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
            // get-header-value-trim
            (
                request("GET", headers: ["my-header1": " value1", "my-header2": " \"a   b   c\""]),
                "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"
            ),
        ]
        for (request, expected) in vectors {
            #expect(signature.signature(of: request) == expected, "\(request.method) \(request.headers)")
        }
    }

    @Test func `the request of the IAM guide has the published signature`() {
        var signature = signature
        signature.service = "iam"
        let request = SignatureV4.Request(
            method: "GET", query: [("Action", "ListUsers"), ("Version", "2010-05-08")],
            headers: [
                "content-type": "application/x-www-form-urlencoded; charset=utf-8", "host": "iam.amazonaws.com",
                "x-amz-date": "20150830T123600Z",
            ])
        #expect(
            signature.signature(of: request) == "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7")
    }

    @Test func `a credential prints without its secrets`() {
        #expect(!"\(signature.credentials)".contains("wJalr"))
    }
}
