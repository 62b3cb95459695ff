import Testing

@testable import MultipleSpawner

@Suite struct QuotaRulesTests {
    private func rules(_ setting: JSONValue) throws -> QuotaRules {
        QuotaRules(bound: try QuotaRules.shape.bind(setting))
    }

    /// What holds for somebody: each bound, and where it is from.
    private func bounds(_ rules: QuotaRules, _ user: String, _ groups: Set<String> = []) throws -> [String] {
        rules.rules(for: try SessionIdentity(hub: "h", user: user), groups: groups).map(\.name)
    }

    private static let setting: JSONValue = [
        "default": ["sessions": 2, "memory": 32, "cpu": 8, "hours": 100],
        "groups": [
            "staff": ["sessions": 5, "hours": "unlimited"],
            "students": ["sessions": 1, "gpu": 1, "together": ["gpu": 8, "memory": "512G"]],
        ],
        "users": ["alice": ["sessions": 9, "cpu": "unlimited"]],
    ]

    @Test func `the most specific rule that names a thing holds for it`() throws {
        let rules = try rules(Self.setting)
        #expect(
            try bounds(rules, "bob") == [
                "the quota of 2 sessions for each user", "the quota of 32 GB of memory for each user",
                "the quota of 8 cores for each user", "the quota of 100 hours in 30 days for each user",
            ])
        #expect(
            try bounds(rules, "alice", ["unknown"]) == [
                "the quota of 9 sessions for user 'alice'", "the quota of 32 GB of memory for each user",
                "the quota of 100 hours in 30 days for each user",
            ])
    }

    @Test func `of several groups the most generous holds, and what they have together besides`() throws {
        let rules = try rules(Self.setting)
        #expect(
            try bounds(rules, "carol", ["students", "staff"]) == [
                "the quota of 5 sessions for each member of 'staff'", "the quota of 32 GB of memory for each user",
                "the quota of 8 cores for each user", "the quota of 1 GPU for each member of 'students'",
                "the quota of 512 GB of memory for all members of 'students' together",
                "the quota of 8 GPUs for all members of 'students' together",
            ])
        #expect(try bounds(rules, "dave", ["students"])[0] == "the quota of 1 session for each member of 'students'")
    }

    @Test func `without a setting, or with an empty one, nothing is bounded`() throws {
        #expect(QuotaRules().isEmpty && QuotaRules(bound: nil).isEmpty)
        #expect(try rules([:]).isEmpty)
        #expect(try rules(["users": ["a": ["sessions": "unlimited"]]]).isEmpty)
        let some = try rules(Self.setting)
        #expect(!some.isEmpty && some.countsHours)
        #expect(try !rules(["default": ["sessions": 1]]).countsHours)
    }

    @Test(
        arguments: [
            (["defaults": [:]], "'default'"), (["default": ["session": 1]], "'sessions'"),
            (["default": ["sessions": -1]], "sessions"), (["default": ["hours": "many"]], "hours"),
            (["users": ["a": ["together": [:]]]], "together"),
            (["groups": ["g": ["together": ["hour": 1]]]], "'hours'"),
        ] as [(JSONValue, String)])
    func `a setting that does not fit is an error that names it`(setting: JSONValue, name: String) {
        let error = #expect(throws: SpawnError.self) { try rules(setting) }
        #expect(
            error.map { ([$0.message] + $0.details).joined().contains(name) } == true, "\(String(describing: error))")
    }
}
