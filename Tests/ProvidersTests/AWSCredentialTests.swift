import MultipleSpawner
import ScriptedServer
import Testing
import Transport

@testable import Providers

@Suite(.timeLimit(.minutes(5))) struct AWSCredentialTests {
    private let http = HTTPClient()

    private func source(_ environment: [String: String], profile: String? = nil) -> AWSCredentialSource {
        AWSCredentialSource(profile: profile, environment: environment, http: http)
    }

    /// A home with the usual two files.
    private func home(_ credentials: String, _ configuration: String = "") throws -> (
        TemporaryDirectory, [String: String]
    ) {
        let directory = try TemporaryDirectory()
        return (
            directory,
            [
                "HOME": directory.path, "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_SHARED_CREDENTIALS_FILE": try directory.file("credentials", credentials),
                "AWS_CONFIG_FILE": try directory.file("config", configuration),
            ]
        )
    }

    @Test func `the environment goes before the usual profile, and a profile of the options before both`() async throws
    {
        let (directory, base) = try home(
            "[default]\naws_access_key_id = D\naws_secret_access_key = d\n[two]\naws_access_key_id = T\n"
                + "aws_secret_access_key = t\naws_session_token = s\n")
        defer { directory.remove() }
        let keys = ["AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "e", "AWS_SESSION_TOKEN": "f"]
        let environment = base.merging(keys) { $1 }
        #expect(try await source(base).current().accessKey == "D")
        #expect(try await source(environment).current().sessionToken == Secret("f"))
        let two = try await source(environment, profile: "two").current()
        #expect(two == AWSCredentials(accessKey: "T", secretKey: "t", sessionToken: "s", expires: nil))
        #expect(try await source(base.merging(["AWS_PROFILE": "two"]) { $1 }).current() == two)
    }

    @Test func `the region comes from the environment or the profile`() async throws {
        let (directory, base) = try home("", "[default]\nregion = eu-north-1\n[profile two]\nregion = us-east-2\n")
        defer { directory.remove() }
        #expect(try await source(base).region() == "eu-north-1")
        #expect(try await source(base, profile: "two").region() == "us-east-2")
        #expect(try await source(base.merging(["AWS_DEFAULT_REGION": "x-1"]) { $1 }).region() == "x-1")
    }

    @Test func `a program of the profile gives credentials, which are asked for anew when they end`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let answer =
            #"{"Version": 1, "AccessKeyId": "P", "SecretAccessKey": "p", "Expiration": "2001-01-01T00:00:00Z"}"#
        let file = try directory.file("answer", answer)
        let config = try directory.file("config", "[default]\ncredential_process = /bin/cat \"\(file)\"\n")
        let environment = ["AWS_CONFIG_FILE": config, "HOME": "/nowhere"]
        let keys = try await source(environment).current()
        #expect(keys.accessKey == "P")
        #expect(keys.secretKey == Secret("p"))
        #expect(keys.expires == 978_307_200)
    }

    @Test(arguments: ["/bin/false", "/bin/echo nothing", "/nowhere/at/all"])
    func `a program that gives none is told`(_ command: String) async throws {
        let (directory, environment) = try home("", "[default]\ncredential_process = \(command)\n")
        defer { directory.remove() }
        let error = await refusal { _ = try await source(environment).current() }
        #expect(error != nil)
        #expect(error?.code != .internal)
    }

    @Test func `the role of this machine is the last to be asked`() async throws {
        let server = try ScriptedServer { request, connection in
            guard request.path != "/latest/api/token" else { return connection.answer(200, "session-1") }
            guard request.headers["x-aws-ec2-metadata-token"] == "session-1" else { return connection.answer(401) }
            guard !request.path.hasSuffix("/") else { return connection.answer(200, "my role\n") }
            connection.answer(200, #"{"AccessKeyId": "R", "SecretAccessKey": "r", "Token": "t"}"#)
        }
        defer { server.stop() }
        let environment = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url + "/", "HOME": "/nowhere"]
        let keys = try await source(environment).current()
        #expect(keys == AWSCredentials(accessKey: "R", secretKey: "r", sessionToken: "t", expires: nil))
        #expect(server.requests.last?.path.hasSuffix("/my%20role") == true)
    }

    @Test func `where there are none, it is said where they were looked for`() async throws {
        let (directory, environment) = try home("[other]\naws_access_key_id = A\n")
        defer { directory.remove() }
        let none = await refusal { _ = try await source(environment).current() }
        #expect(none?.code == .unauthorized)
        #expect(none?.message.contains("no profile 'default'") == true)
        let half = await refusal { _ = try await source(environment, profile: "other").current() }
        #expect(half?.message.contains("has no aws_access_key_id with aws_secret_access_key") == true)
        let metadata = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1", "HOME": "/nowhere"]
        let nowhere = await refusal { _ = try await source(metadata).current() }
        #expect(nowhere?.code == .unauthorized)
        #expect(nowhere?.message.contains("AWS_ACCESS_KEY_ID") == true)
    }

    @Test func `words of a command may be quoted`() {
        #expect(AWSCredentialProgram.words(#"a  "b c" d"e f"g """#) == ["a", "b c", "de fg", ""])
    }
}
