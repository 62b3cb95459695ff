import MultipleSpawner
import ScriptedServer
import Testing
import Transport

@testable import Providers

/// The provider against a cloud of the test's own, which is late, busy, full or cut off.
@Suite(.timeLimit(.minutes(5))) struct EC2FaultTests {
    private let http = HTTPClient()

    /// One cloud and one state directory for one test.
    private func with(
        _ manners: EC2Cloud.Manners = EC2Cloud.Manners(), _ options: [String: JSONValue] = [:],
        _ work: (EC2Cloud, EC2Provider) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let cloud = try EC2Cloud(manners)
        defer { cloud.stop() }
        try await work(cloud, try cloud.provider(options, state: directory.path, http: http))
        #expect(cloud.wrongSignatures == 0)
    }

    @Test(arguments: [
        EC2Cloud.Mishap.lost, .half, .status(503, code: "Unavailable"), .status(500, code: "InternalError"),
    ])
    func `an answer that is lost costs no second machine`(_ mishap: EC2Cloud.Mishap) async throws {
        try await with { cloud, provider in
            cloud.expect("RunInstances", mishap, .lost)
            _ = try await provider.acquire(try .test(), checkpoint: Leases().checkpoint)
            #expect(cloud.instances.count == 1)
            #expect(cloud.calls("RunInstances").count == 3)
        }
    }

    @Test func `an answer that never comes is not waited for, and costs no second machine`() async throws {
        try await with { cloud, provider in
            var pace = CloudPace.quick
            pace.answer = .seconds(2)
            let hurried = try cloud.provider(state: provider.site.stateDirectory, http: http, pace: pace)
            cloud.expect("RunInstances", .silence)
            _ = try await hurried.acquire(try .test(), checkpoint: Leases().checkpoint)
            #expect(cloud.instances.count == 1)
            #expect(cloud.calls("RunInstances").count == 2)
        }
    }

    @Test func `a daemon that died before the answer finds the machine, with the same host key`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let cloud = try EC2Cloud(EC2Cloud.Manners(looksHidden: 2))
        defer { cloud.stop() }
        let wanted = try MachineRequest.test()
        var pace = CloudPace.quick
        pace.attempts = 1
        let first = try cloud.provider(state: directory.path, http: http, pace: pace)
        cloud.expect("RunInstances", .lost)
        let error = await refusal { _ = try await first.acquire(wanted, checkpoint: Leases().checkpoint) }
        #expect(error?.code == .unavailable)
        pace = .quick
        pace.settling = .seconds(60)
        let second = try cloud.provider(state: directory.path, http: http, pace: pace)
        var later = wanted
        later.session = try SessionID("two")
        let machine = try await second.acquire(later, checkpoint: Leases().checkpoint)
        #expect(cloud.instances.count == 1)
        let data = try #require(cloud.instances.first?.parameters["UserData"]).base64Decoded
        #expect(data.contains(try #require(machine.hostKeys.first)))
    }

    @Test func `a request that differs from the one before finds the machine all the same`() async throws {
        try await with(EC2Cloud.Manners(looksHidden: 4)) { cloud, provider in
            let wanted = try MachineRequest.test()
            cloud.expect("RunInstances", .lost)
            var pace = CloudPace.quick
            pace.attempts = 1
            let hasty = try cloud.provider(state: provider.site.stateDirectory, http: http, pace: pace)
            _ = await refusal { _ = try await hasty.acquire(wanted, checkpoint: Leases().checkpoint) }
            var other = wanted
            other.options = ["instance_type": "m7.large"]
            pace = .quick
            pace.settling = .seconds(60)
            let patient = try cloud.provider(state: provider.site.stateDirectory, http: http, pace: pace)
            let machine = try await patient.acquire(other, checkpoint: Leases().checkpoint)
            #expect(machine.name == "i-00000000000000001 (t3.small)")
            #expect(cloud.instances.count == 1)
        }
    }

    @Test func `a lease that knows only the token takes a machine that shows late`() async throws {
        try await with(EC2Cloud.Manners(looksHidden: 6)) { cloud, provider in
            let leases = Leases()
            cloud.expect("RunInstances", .lost, .lost, .lost, .lost, .lost, .lost)
            let wanted = try MachineRequest.test()
            _ = await refusal { _ = try await provider.acquire(wanted, checkpoint: leases.checkpoint) }
            let lease = try #require(leases.all.last)
            #expect(try leases.read.last?.machine == nil)
            #expect(cloud.living.count == 1)
            var pace = CloudPace.quick
            pace.settling = .seconds(60)
            let patient = try cloud.provider(state: provider.site.stateDirectory, http: http, pace: pace)
            try await patient.release(lease, .destroy)
            #expect(cloud.living.isEmpty)
        }
    }

    @Test func `a lease of what was refused is given back at once`() async throws {
        try await with { cloud, provider in
            cloud.expect("RunInstances", .status(400, code: "InvalidSubnetID.NotFound"))
            let leases = Leases()
            let error = await refusal { _ = try await provider.acquire(try .test(), checkpoint: leases.checkpoint) }
            #expect(error?.code == .backendFailed)
            #expect(error?.message.contains("InvalidSubnetID.NotFound: as the test says") == true)
            #expect(try leases.read.last?.asked == nil)
            let looks = cloud.calls("DescribeInstances").count
            try await provider.release(try #require(leases.all.last), .destroy)
            #expect(cloud.calls("DescribeInstances").count == looks + 1)
        }
    }

    @Test func `a machine that cannot be asked about is not gone`() async throws {
        try await with { cloud, provider in
            let leases = Leases()
            _ = try await provider.acquire(try .test(), checkpoint: leases.checkpoint)
            let lease = try #require(leases.all.last)
            cloud.expect("DescribeInstances", .status(403, code: "UnauthorizedOperation"))
            let error = await refusal { try await provider.release(lease, .destroy) }
            #expect(error?.code == .forbidden)
            cloud.expect("TerminateInstances", .status(400, code: "OperationNotPermitted"))
            let second = await refusal { try await provider.release(lease, .destroy) }
            #expect(second?.code == .backendFailed)
            #expect(cloud.living.count == 1)
            try await provider.release(lease, .destroy)
            #expect(cloud.living.isEmpty)
        }
    }

    @Test(arguments: [
        ("RequestLimitExceeded", 503), ("Throttling", 400), ("ServiceUnavailable", 503), ("", 502), ("", 429),
    ])
    func `a call that is put off is made again`(_ fault: (code: String, status: Int)) async throws {
        try await with { cloud, provider in
            for action in ["DescribeInstances", "DescribeImages", "RunInstances"] {
                cloud.expect(action, .status(fault.status, code: fault.code), .status(fault.status, code: fault.code))
            }
            _ = try await provider.acquire(try .test(), checkpoint: Leases().checkpoint)
            #expect(cloud.instances.count == 1)
            #expect(cloud.calls("RunInstances").count == 3)
        }
    }

    @Test func `a call that is put off for ever ends as a fault that may pass`() async throws {
        try await with { cloud, provider in
            for _ in 0..<20 { cloud.expect("DescribeImages", .status(503, code: "RequestLimitExceeded")) }
            let error = await refusal { _ = try await provider.acquire(try .test(), checkpoint: Leases().checkpoint) }
            #expect(error?.code == .unavailable)
            #expect(cloud.calls("DescribeImages").count == CloudPace.quick.attempts)
        }
    }

    @Test(arguments: [
        ("InsufficientInstanceCapacity", 500, SpawnError.Code.overCapacity), ("VcpuLimitExceeded", 400, .overCapacity),
        ("AuthFailure", 401, .unauthorized), ("UnauthorizedOperation", 403, .forbidden),
        ("InvalidParameterValue", 400, .backendFailed),
    ])
    func `what EC2 refuses is told by its kind, and asked once`(
        _ fault: (code: String, status: Int, expected: SpawnError.Code)
    ) async throws {
        try await with { cloud, provider in
            cloud.expect("RunInstances", .status(fault.status, code: fault.code))
            let error = await refusal { _ = try await provider.acquire(try .test(), checkpoint: Leases().checkpoint) }
            #expect(error?.code == fault.expected)
            #expect(error?.message.contains(fault.code) == true)
            #expect(cloud.calls("RunInstances").count == 1)
            #expect(cloud.instances.isEmpty)
        }
    }

    @Test(arguments: [
        "", "<a>", "<R><instancesSet/></R>", "{}", "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
    ])
    func `an answer that cannot be read leaves a lease that finds the machine`(_ text: String) async throws {
        try await with { cloud, provider in
            let leases = Leases()
            cloud.expect("RunInstances", .text(text))
            let error = await refusal { _ = try await provider.acquire(try .test(), checkpoint: leases.checkpoint) }
            #expect(error?.code == .backendFailed)
            let last = try leases.read.last
            #expect(last?.asked != nil)
        }
    }

    @Test func `a machine that ends before it runs is told with its reason`() async throws {
        try await with(EC2Cloud.Manners(fate: "terminated")) { cloud, provider in
            let error = await refusal { _ = try await provider.acquire(try .test(), checkpoint: Leases().checkpoint) }
            #expect(error?.code == .overCapacity)
            #expect(error?.message.contains("Server.InsufficientInstanceCapacity") == true)
            #expect(cloud.instances.count == 1)
        }
    }

    @Test func `a machine that does not run in time is told, and stays in the lease`() async throws {
        try await with(EC2Cloud.Manners(looksToRun: 100_000)) { cloud, provider in
            let leases = Leases()
            let error = await refusal {
                let wanted = try MachineRequest.test(startTimeout: .seconds(10))
                _ = try await provider.acquire(wanted, checkpoint: leases.checkpoint)
            }
            #expect(error?.code == .timedOut)
            #expect(error?.message.contains("'pending'") == true)
            let last = try leases.read.last
            #expect(last?.machine != nil)
        }
    }

    @Test func `whoever waits may stop waiting`() async throws {
        try await with(EC2Cloud.Manners(looksToRun: 100_000)) { cloud, provider in
            let leases = Leases()
            let wanted = try MachineRequest.test()
            let task = Task { try await provider.acquire(wanted, checkpoint: leases.checkpoint) }
            while cloud.calls("DescribeInstances").count < 5 { try await Task.sleep(for: .milliseconds(2)) }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            cloud.change { $0.looksToRun = 1 }
            try await provider.release(try #require(leases.all.last), .destroy)
            #expect(cloud.living.isEmpty)
        }
    }

    @Test func `a machine that somebody else removed is made anew under the same token`() async throws {
        try await with { cloud, provider in
            let wanted = try MachineRequest.test()
            _ = try await provider.acquire(wanted, checkpoint: Leases().checkpoint)
            cloud.edit { $0[0].state = "terminated" }
            _ = try await provider.acquire(wanted, checkpoint: Leases().checkpoint)
            #expect(cloud.instances.map(\.state) == ["terminated", "running"])
            // EC2 shows it no more, and still answers to its token.
            cloud.edit { instances in
                instances[1].state = "terminated"
                for index in instances.indices {
                    instances[index].hidden = 100_000
                    instances[index].launched = "2026-01-01T00:00:00Z"
                }
            }
            _ = try await provider.acquire(wanted, checkpoint: Leases().checkpoint)
            #expect(cloud.living.count == 1)
            // The same, when the request is another one: it is refused then.
            cloud.edit { instances in
                for index in instances.indices {
                    instances[index].state = "terminated"
                    instances[index].hidden = 100_000
                }
            }
            var later = wanted
            later.session = try SessionID("later")
            _ = try await provider.acquire(later, checkpoint: Leases().checkpoint)
            #expect(cloud.living.count == 1)
        }
    }

    @Test func `credentials that were renewed are taken up without a new start`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let cloud = try EC2Cloud()
        defer { cloud.stop() }
        func keys(_ name: String) -> String {
            "[default]\naws_access_key_id = \(name)\naws_secret_access_key = \(EC2Cloud.secret.reveal())\n"
        }
        let file = try directory.file("credentials", keys("OLD"))
        let provider = try cloud.provider(
            state: directory.path + "/state", http: http,
            environment: ["AWS_SHARED_CREDENTIALS_FILE": file, "AWS_ACCESS_KEY_ID": ""])
        _ = try await provider.acquire(try .test(), checkpoint: Leases().checkpoint)
        _ = try directory.file("credentials", keys("NEW"))
        cloud.expect("DescribeInstances", .status(401, code: "AuthFailure"))
        _ = try await provider.acquire(try .test(), checkpoint: Leases().checkpoint)
        let used = cloud.server.requests.compactMap { $0.headers["authorization"] }
        #expect(used.first?.contains("OLD/") == true)
        #expect(used.last?.contains("NEW/") == true)
    }
}
