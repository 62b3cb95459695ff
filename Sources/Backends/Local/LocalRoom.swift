import Glibc
import MultipleSpawner

/// What the kernel says that is free: on the machine, and in the group of the daemon, in which servers are.
struct LocalRoom: Sendable, Hashable {
    /// Bytes that could be had without swapping; `nil` where nobody can say.
    let memory: Int?
    /// Cores that may be used, free or not: nobody reserves them here.
    let cores: Double?

    /// Below this no server comes to anything.
    static let leastMemory = 64 << 20

    init(_ hierarchies: [CgroupHierarchy]) {
        let machine = (try? SystemFile.text("/proc/meminfo")).flatMap { Self.field("MemAvailable", of: $0) }
        let groups = hierarchies.filter { $0.controllers.contains("memory") }
            .compactMap { Self.memory(leftIn: $0.parent, isUnified: $0.isUnified) }
        memory = ([machine].compactMap(\.self) + groups).min()
        let online = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let allowed = hierarchies.filter { $0.isUnified && $0.controllers.contains("cpu") }
            .compactMap { try? SystemFile.text("\($0.parent)/cpu.max") }.compactMap(Self.cores)
        cores = ([online > 0 ? Double(online) : nil].compactMap(\.self) + allowed).min()
    }

    init(memory: Int?, cores: Double?) {
        self.memory = memory
        self.cores = cores
    }

    var availability: Availability {
        if let memory, memory < Self.leastMemory {
            return Availability(sessions: 0, memory: memory, cpu: cores, problem: "this machine has no memory left")
        }
        return Availability(memory: memory, cpu: cores)
    }

    /// Bytes of a line such as `MemAvailable:   12345 kB`; `nil` where there is none.
    static func field(_ name: String, of text: String) -> Int? {
        for line in text.split(separator: "\n") where line.hasPrefix("\(name):") {
            let words = line.split(separator: " ")
            guard words.count > 1, let number = Int(words[1]) else { return nil }
            return number << 10
        }
        return nil
    }

    /// Cores of `cpu.max`: `200000 100000` are two; `nil` for `max`.
    static func cores(_ text: String) -> Double? {
        let words = text.split(separator: " ")
        guard words.count == 2, let quota = Double(words[0]), let period = Double(words[1]), period > 0 else {
            return nil
        }
        return quota / period
    }

    /// Bytes that a group has left of its limit; what its files hold in memory can be had back. `nil` without a limit.
    static func memory(leftIn group: String, isUnified: Bool) -> Int? {
        let (limitName, usedName, cacheName) =
            isUnified
            ? ("memory.max", "memory.current", "inactive_file")
            : ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        guard let text = try? SystemFile.text("\(group)/\(limitName)"), let limit = Int(text),
            let used = (try? SystemFile.text("\(group)/\(usedName)")).flatMap({ Int($0) })
        else { return nil }
        let statistics = (try? SystemFile.text("\(group)/memory.stat")) ?? ""
        let cache =
            statistics.split(separator: "\n").lazy
            .filter { $0.hasPrefix("\(cacheName) ") }.compactMap { Int($0.dropFirst(cacheName.count + 1)) }.first ?? 0
        return max(0, limit - max(0, used - cache))
    }
}
