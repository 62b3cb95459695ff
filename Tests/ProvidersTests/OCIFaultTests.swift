import MultipleSpawner
import Testing
import Transport

@testable import Providers

/// The provider against a cloud of the test's own, which is late, busy, full or cut off.
@Suite(.timeLimit(.minutes(5))) struct OCIFaultTests {
    private let http = HTTPClient()

    private func with(
        _ manners: OCICloud.Manners = OCICloud.Manners(), _ options: [String: JSONValue] = [:],
        _ work: (OCICloud, OCIProvider) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let cloud = try OCICloud(manners)
        defer { cloud.stop() }
        try await work(cloud, try cloud.provider(options, state: directory.path, http: http))
        #expect(cloud.complaints.isEmpty)
    }

    /// A provider that makes each call once.
    private func hasty(_ cloud: OCICloud, _ provider: OCIProvider) throws -> OCIProvider {
        var pace = CloudPace.quick
        pace.attempts = 1
        return try cloud.provider(state: provider.site.stateDirectory, http: http, pace: pace)
    }

    @Test func `the lease is written down before the machine is asked for, and holds no secret`() async throws {
        try await with { cloud, provider in
            let failing = Leases(fails: true)
            let error = await refusal { _ = try await provider.acquire(try .test(), checkpoint: failing.checkpoint) }
            #expect(error?.message == "no space left on device")
            #expect(cloud.calls("POST instances").isEmpty)
            let leases = Leases()
            _ = try await provider.acquire(try .test(), checkpoint: leases.checkpoint)
            let read = try leases.read
            #expect(read.first?.machine == nil && read.first?.asked != nil)
            #expect(read.last?.machine == "ocid1.instances.oc1..5")
            #expect(read.last?.compartment == OCICloud.compartment)
            for lease in leases.all { #expect(!lease.payload.contains("PRIVATE")) }
        }
    }

    @Test(arguments: [
        OCICloud.Mishap.lost, .half, .status(429, code: "TooManyRequests"), .status(500, code: "InternalServerError"),
        .status(503, code: "ServiceUnavailable"),
    ])
    func `an answer that is lost, or put off, costs no second machine`(_ mishap: OCICloud.Mishap) async throws {
        try await with { cloud, provider in
            cloud.expect("POST instances", mishap, .lost)
            for call in ["GET instances", "GET shapes", "GET vnics", "GET vnicAttachments"] {
                cloud.expect(call, mishap)
            }
            _ = try await provider.acquire(try .test(), checkpoint: Leases().checkpoint)
            #expect(cloud.instances.count == 1)
            #expect(cloud.calls("POST instances").count == 3)
        }
    }

    @Test func `a daemon that died before the answer finds the machine, with the same host key`() async throws {
        try await with(OCICloud.Manners(looksHidden: 2)) { cloud, provider in
            let wanted = try MachineRequest.test()
            cloud.expect("POST instances", .lost)
            let error = await refusal {
                _ = try await hasty(cloud, provider).acquire(wanted, checkpoint: Leases().checkpoint)
            }
            #expect(error?.code == .unavailable)
            // The new session tags it anew, so the body of the request is another one.
            var later = wanted
            later.session = try SessionID("two")
            var pace = CloudPace.quick
            pace.settling = .seconds(60)
            let patient = try cloud.provider(state: provider.site.stateDirectory, http: http, pace: pace)
            let machine = try await patient.acquire(later, checkpoint: Leases().checkpoint)
            #expect(cloud.instances.count == 1)
            let data = try #require(cloud.instances.first?["metadata"]?["user_data"]?.stringValue)
            #expect(data.base64Decoded.contains(try #require(machine.hostKeys.first)))
        }
    }

    @Test func `a lease that knows only the token takes a machine that shows late`() async throws {
        try await with(OCICloud.Manners(looksHidden: 4)) { cloud, provider in
            let leases = Leases()
            cloud.expect("POST instances", .lost)
            _ = await refusal {
                _ = try await hasty(cloud, provider).acquire(try .test(), checkpoint: leases.checkpoint)
            }
            let lease = try #require(leases.all.last)
            let read = try leases.read
            #expect(read.last?.machine == nil)
            #expect(cloud.living.count == 1)
            var pace = CloudPace.quick
            pace.settling = .seconds(60)
            let patient = try cloud.provider(state: provider.site.stateDirectory, http: http, pace: pace)
            try await patient.release(lease, .destroy)
            #expect(cloud.living.isEmpty)
        }
    }

    @Test func `a machine that cannot be asked about is not gone`() async throws {
        try await with { cloud, provider in
            let leases = Leases()
            _ = try await provider.acquire(try .test(), checkpoint: leases.checkpoint)
            let lease = try #require(leases.all.last)
            cloud.expect("GET instances", .status(404, code: "NotAuthorizedOrNotFound"))
            let hidden = await refusal { try await provider.release(lease, .destroy) }
            #expect(hidden?.code == .backendFailed)
            cloud.expect("DELETE instances", .status(403, code: "NotAllowed"))
            let forbidden = await refusal { try await provider.release(lease, .destroy) }
            #expect(forbidden?.code == .forbidden)
            #expect(cloud.living.count == 1)
            cloud.expect("DELETE instances", .status(409, code: "IncorrectState"), .lost, .half)
            try await provider.release(lease, .destroy)
            #expect(cloud.living.isEmpty)
        }
    }

    @Test(arguments: [
        (500, "InternalError", "Out of host capacity.", SpawnError.Code.overCapacity),
        (400, "LimitExceeded", "the limit of your tenancy", .overCapacity),
        (401, "NotAuthenticated", "the required information is incorrect", .unauthorized),
        (403, "NotAllowed", "not for you", .forbidden), (400, "InvalidParameter", "no such shape", .backendFailed),
        (404, "NotAuthorizedOrNotFound", "not there", .backendFailed),
    ])
    func `what the cloud refuses is told by its kind, and asked once`(
        _ fault: (status: Int, code: String, message: String, expected: SpawnError.Code)
    ) async throws {
        try await with { cloud, provider in
            cloud.expect("POST instances", .status(fault.status, code: fault.code, message: fault.message))
            let leases = Leases()
            let error = await refusal { _ = try await provider.acquire(try .test(), checkpoint: leases.checkpoint) }
            #expect(error?.code == fault.expected)
            #expect(error?.message.contains(fault.message) == true)
            #expect(cloud.calls("POST instances").count == 1)
            let looks = cloud.calls("GET instances").count
            try await provider.release(try #require(leases.all.last), .destroy)
            #expect(cloud.calls("GET instances").count == looks + 1)
        }
    }

    @Test(arguments: ["", "{", "[]", "null", "<html>", "{\"id\": 5}", "{\"id\": \"\"}"])
    func `an answer that cannot be read leaves a lease that finds the machine`(_ text: String) async throws {
        try await with { cloud, provider in
            let leases = Leases()
            cloud.expect("POST instances", .text(text))
            let error = await refusal { _ = try await provider.acquire(try .test(), checkpoint: leases.checkpoint) }
            #expect(error?.code == .backendFailed)
            let last = try leases.read.last
            #expect(last?.asked != nil)
        }
    }

    @Test(arguments: ["", "{}", "{\"a\":", "5"])
    func `a list that is none is not taken for an empty one`(_ text: String) async throws {
        try await with { cloud, provider in
            let leases = Leases()
            _ = try await provider.acquire(try .test(), checkpoint: leases.checkpoint)
            cloud.expect("GET instances", .text(text))
            let error = await refusal { try await provider.release(try #require(leases.all.last), .destroy) }
            #expect(error?.code == .backendFailed)
            #expect(cloud.living.count == 1)
        }
    }

    @Test func `a machine that does not run in time is told, and stays in the lease`() async throws {
        try await with(OCICloud.Manners(looksToRun: 100_000), ["subnet": ["id": "ocid1.subnet"]]) { cloud, provider in
            let leases = Leases()
            let error = await refusal {
                let wanted = try MachineRequest.test(startTimeout: .seconds(10))
                _ = try await provider.acquire(wanted, checkpoint: leases.checkpoint)
            }
            #expect(error?.code == .timedOut)
            #expect(error?.message.contains("PROVISIONING") == true)
            let last = try leases.read.last
            #expect(last?.machine != nil)
        }
    }

    @Test func `a machine without the address that is wanted is told`() async throws {
        try await with(OCICloud.Manners(hasPublicAddress: false)) { _, provider in
            let error = await refusal { _ = try await provider.acquire(try .test(), checkpoint: Leases().checkpoint) }
            #expect(error?.code == .backendFailed)
            #expect(error?.message.contains("'address' to private") == true)
            let machine = try await provider.acquire(
                try .test(["address": "private", "port": 2222]), checkpoint: Leases().checkpoint)
            #expect(machine.address == MachineAddress(host: "10.0.1.7", port: 2222))
        }
    }

    @Test func `whoever waits may stop waiting`() async throws {
        try await with(OCICloud.Manners(looksToRun: 100_000), ["subnet": ["id": "ocid1.subnet"]]) { cloud, provider in
            let leases = Leases()
            let wanted = try MachineRequest.test()
            let task = Task { try await provider.acquire(wanted, checkpoint: leases.checkpoint) }
            while cloud.calls("GET instances").count < 5 { try await Task.sleep(for: .milliseconds(2)) }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            cloud.change { $0.manners.looksToRun = 1 }
            try await provider.release(try #require(leases.all.last), .destroy)
            #expect(cloud.living.isEmpty)
        }
    }

    @Test func `a machine that somebody else removed is made anew under the same token`() async throws {
        try await with { cloud, provider in
            let wanted = try MachineRequest.test()
            for _ in 0..<3 {
                _ = try await provider.acquire(wanted, checkpoint: Leases().checkpoint)
                #expect(cloud.living.count == 1)
                cloud.change { state in
                    for index in (state.things["instances"] ?? []).indices {
                        state.things["instances"]?[index]["lifecycleState"] = "TERMINATED"
                    }
                }
            }
            // The cloud shows them no more, and still knows their tokens.
            cloud.change { $0.things["instances"] = [] }
            _ = try await provider.acquire(wanted, checkpoint: Leases().checkpoint)
            #expect(cloud.living.count == 1)
        }
    }

    @Test func `a key that was renewed is taken up without a new start`() async throws {
        try await with { cloud, provider in
            _ = try await provider.acquire(try .test(), checkpoint: Leases().checkpoint)
            cloud.expect("GET instances", .status(401, code: "NotAuthenticated"))
            let same = await refusal { _ = try await provider.census() }
            #expect(same?.code == .unauthorized)
            #expect(try await provider.census().count == 1)
        }
    }
}
