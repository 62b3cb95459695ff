import MultipleSpawner
import Testing

@testable import Backends

@Suite struct SwarmNamesTests {
    private func names(_ user: String, _ server: String = "", hub: String = "h", style: OwnerStyle = .name) throws
        -> ServiceNames
    {
        ServiceNames(
            try SessionIdentity(hub: hub, user: user, server: server), session: try SessionID("0af3"), style: style)
    }

    @Test(arguments: [
        ("alice", "", "jupyter-alice-1"), ("alice", "lab", "jupyter-alice-lab"), ("alice", "2", "jupyter-alice-2"),
        ("a-b", "c_d", "jupyter-a-b-c_d"), ("a_b", "", "jupyter-a_b-1"),
    ])
    func `A name that says whose server it is stays as SwarmSpawner makes it`(
        user: String, server: String, name: String
    ) throws {
        #expect(try names(user, server).preferred == name)
    }

    @Test(arguments: [
        ("Alice", ""), ("alice@x.edu", ""), ("alice", "1"), ("alice", "a-b"), ("é", ""), ("-a", ""), ("a-", ""),
        ("alice", "0123456789"), ("bob-0123456789abcdef", ""), ("alice", "x_"), (String(repeating: "a", count: 60), ""),
    ])
    func `A name that could be another's, or that Docker refuses, is made readable and gets a hash`(
        user: String, server: String
    ) throws {
        let names = try names(user, server)
        #expect(names.preferred == names.hashed)
        #expect(names.preferred.wholeMatch(of: /jupyter-[a-z0-9-]+-[0-9a-f]{10}/) != nil)
    }

    @Test func `The hash covers hub, user and server, and is the same each time`() throws {
        #expect(try names("Alice").hashed == names("Alice").hashed)
        let all = try [names("Alice"), names("Alice", "x"), names("Alice", hub: "g"), names("alice")].map(\.hashed)
        #expect(Set(all).count == 4)
    }

    @Test func `Users whose names end in the same 32 characters have different services and owners`() throws {
        let first = try names("alice@alumni.computerscience.university.edu")
        let second = try names("bob@alumni.computerscience.university.edu")
        #expect(first.preferred != second.preferred)
        #expect(first.owner != second.owner)
    }

    @Test func `With md5 an owner is called as cassiny's spawner did`() throws {
        let names = try names("alice", style: .md5)
        #expect(names.owner.text == "6384e2b2184bcbf58eccf10ca7a6563c")
        #expect(names.preferred == "jupyter-6384e2b2184bcbf58eccf10ca7a6563c-1")
    }

    @Test func `An owner never takes the form of one that was made of another name`() {
        let made = ServiceOwner("Alice@x.edu").text
        #expect(made.hasPrefix("alice-x-edu-"))
        #expect(ServiceOwner(made).text != made)
    }

    @Test func `The alias has the attempt's id in it and is a DNS label whatever the id`() throws {
        let identity = try SessionIdentity(hub: "h", user: "alice")
        func alias(_ id: String) throws -> String { ServiceNames(identity, session: try SessionID(id)).alias }
        #expect(try alias("0af3c4") == "s-0af3c4")
        let odd = try ["A", "a_b", "a-", "-", String(repeating: "f", count: 64)].map { try alias($0) }
        #expect(Set(odd).count == 5)
        #expect(odd.allSatisfy { $0.wholeMatch(of: /x-[0-9a-f]{40}/) != nil })
    }

    @Test func `Thousands of hostile names give names that Docker takes, and never two the same`() throws {
        var generator = SeededGenerator(seed: 7)
        var seen: [String: SessionIdentity] = [:]
        var owners: [String: String] = [:]
        for _ in 0..<6000 {
            guard
                let identity = try? SessionIdentity(
                    hub: ["h", "g"].randomElement(using: &generator) ?? "h", user: Self.text(&generator),
                    server: Bool.random(using: &generator) ? "" : Self.text(&generator))
            else { continue }
            let names = ServiceNames(identity, session: try SessionID("x"))
            for name in [names.preferred, names.hashed] {
                #expect(name.wholeMatch(of: /[a-z0-9]([a-z0-9_-]*[a-z0-9])?/) != nil, "\(name)")
                #expect(name.utf8.count <= 63)
            }
            #expect(names.upload(99).utf8.count <= 64)
            let other = seen.updateValue(identity, forKey: names.hashed)
            #expect(other == nil || other == identity)
            if names.preferred != names.hashed {
                // Two hubs share the plain names: there the second takes the hashed one.
                let plain = seen.updateValue(identity, forKey: names.preferred)
                #expect(plain == nil || (plain?.user == identity.user && plain?.server == identity.server))
            }
            let owner = owners.updateValue(identity.user, forKey: names.owner.text)
            #expect(owner == nil || owner == identity.user)
            #expect(names.owner.text.wholeMatch(of: /[a-z0-9]([a-z0-9_-]*[a-z0-9])?/) != nil)
            #expect(names.owner.text.utf8.count <= 40)
        }
        #expect(seen.count > 5000)
    }

    /// Names that are near to each other and to the rules' edges, and names of any characters.
    private static func text(_ generator: inout SeededGenerator) -> String {
        let pieces = [
            "a", "b", "1", "-", "_", "A", "@", ".", " ", "é", "日本", "\u{301}", "x.edu", "jupyter-a-1", "alice",
            "0123456789", "0123456789abcdef", "'", "\"", "<b>", "{username}", "%2e", "a-1",
        ]
        let count = Int.random(in: 1...(Bool.random(using: &generator) ? 4 : 30), using: &generator)
        return (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "a" }.joined()
    }

    @Test func `A prefix that no name may begin with is refused`() {
        for prefix in ["", "-a", "Jupyter", "a b", String(repeating: "a", count: 33)] {
            #expect(throws: SpawnError.self) { try ServiceNames.check(prefix: prefix) }
        }
    }
}

/// Random numbers that are the same in each run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
