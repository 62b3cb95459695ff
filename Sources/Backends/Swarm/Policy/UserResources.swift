import MultipleSpawner

/// Holds the limits that a user gives to the admin's: never beyond the template's `limits`, nor beyond its own
/// `resource_spec`.
struct UserResources {
    let policy: UserOptionPolicy
    let limits: HardwareLimits

    private static let preset: Set<String> = ["mem_limit", "cpu_limit"]

    /// The template's `resource_spec` with the user's keys over it.
    func apply(_ wanted: [String: JSONValue]) throws(SpawnError) -> JSONValue {
        var resources = policy.options["resource_spec"]?.objectValue ?? [:]
        for (key, value) in wanted.sorted(by: { $0.key < $1.key }) {
            if !Self.preset.contains(key) { try policy.require("resource_spec.\(key)") }
            if let amount = value.integerValue { try check(key, amount) }
            if key == "generic_resources" { try checkGeneric(value) }
            resources[key] = value
        }
        return .object(resources)
    }

    private func check(_ key: String, _ amount: Int) throws(SpawnError) {
        let most: Int?
        switch key {
        case "mem_limit", "mem_reservation":
            most = least(admin("mem_limit"), limits.memory)
        case "cpu_limit", "cpu_reservation":
            most = least(admin("cpu_limit"), limits.cpu.map { Int(($0 * 1e9).rounded()) })
        case "pids_limit":
            most = admin("pids_limit")
        default:
            return
        }
        guard let most else { return }
        // For Docker, 0 is no limit at all.
        guard amount > 0 else {
            throw SpawnError(.forbidden, "'\(key)' is 0, which is no limit; the most is \(text(most, key))")
        }
        guard amount <= most else {
            throw SpawnError(
                .forbidden, "'\(key)' is \(text(amount, key)); the most here is \(text(most, key)); ask for less")
        }
    }

    /// What nodes announce are devices: all kinds together are held to the GPUs that the template lets a user have.
    private func checkGeneric(_ value: JSONValue) throws(SpawnError) {
        var sum = 0
        for resource in ResourceOptions.generic(value) {
            switch resource {
            case .named(let kind, let name):
                throw SpawnError(
                    .forbidden,
                    "'generic_resources' names '\(name.excerpt)' of '\(kind.excerpt)', which is not a user's to choose; "
                        + "give how many")
            case .discrete(_, let count):
                sum += count
            }
        }
        guard let most = limits.gpu, sum > most else { return }
        throw SpawnError(
            .forbidden, "'generic_resources' has \(sum) in all; the most here is \(most); ask for less")
    }

    private func admin(_ key: String) -> Int? {
        let own = policy.options["resource_spec"]?[key]?.integerValue ?? policy.options[key]?.integerValue
        return own.flatMap { $0 > 0 ? $0 : nil }
    }

    private func least(_ first: Int?, _ second: Int?) -> Int? {
        guard let first, let second else { return first ?? second }
        return min(first, second)
    }

    private func text(_ amount: Int, _ key: String) -> String {
        switch key {
        case "mem_limit", "mem_reservation": MemorySize.text(amount)
        case "cpu_limit", "cpu_reservation": "\(Double(amount) / 1e9) cores"
        default: String(amount)
        }
    }
}
