/// What is free for one more session, and what that costs: as users are told.
public struct Room: Sendable, Hashable, Codable {
    /// How many more sessions; `nil` where nobody can say.
    public let sessions: Int?
    /// The most that one session could have of each: bytes, cores, GPUs; `nil` where nobody can say.
    public let memory: Int?
    public let cpu: Double?
    public let gpu: Int?
    /// Why there is nothing, where there is nothing.
    public let problem: String?
    /// In whatever currency the site counts in; `nil` where nobody said so.
    public let costPerHour: Double?
    /// All of it in a line for the form; empty where there is nothing to tell.
    public let words: String

    public init(
        sessions: Int? = nil, memory: Int? = nil, cpu: Double? = nil, gpu: Int? = nil, problem: String? = nil,
        costPerHour: Double? = nil
    ) {
        self.sessions = sessions
        self.memory = memory
        self.cpu = cpu
        self.gpu = gpu
        self.problem = problem
        self.costPerHour = costPerHour
        let isFull = sessions == 0 || problem != nil
        words = [
            Self.count(sessions, problem), isFull ? "" : Self.largest(memory, cpu, gpu), Self.price(costPerHour),
        ].filter { !$0.isEmpty }.joined(separator: "; ")
    }

    /// `3 free`, `none free now: no host is free`.
    public var count: String { Self.count(sessions, problem) }
    /// `64 GB, 16 cores, 2 GPUs`; empty where nothing is free, or nobody can say.
    public var largest: String { sessions == 0 || problem != nil ? "" : Self.hardware(memory, cpu, gpu) }
    /// `0.2 per hour`; empty where nobody said what it costs.
    public var price: String { Self.price(costPerHour) }

    private static func count(_ sessions: Int?, _ problem: String?) -> String {
        if let problem { return "none free now: \(problem.excerpt)" }
        return sessions.map { $0 == 0 ? "none free now" : "\($0) free" } ?? ""
    }

    private static func largest(_ memory: Int?, _ cpu: Double?, _ gpu: Int?) -> String {
        let hardware = hardware(memory, cpu, gpu)
        return hardware.isEmpty ? "" : "the largest has \(hardware)"
    }

    private static func hardware(_ memory: Int?, _ cpu: Double?, _ gpu: Int?) -> String {
        var parts: [String] = []
        if let memory, memory > 0 { parts.append(MemorySize.text(memory)) }
        if let cpu, cpu > 0 { parts.append("\(MemorySize.number(cpu)) core\(cpu == 1 ? "" : "s")") }
        if let gpu, gpu > 0 { parts.append("\(gpu) GPU\(gpu == 1 ? "" : "s")") }
        return parts.joined(separator: ", ")
    }

    private static func price(_ cost: Double?) -> String {
        cost.map { "\(MemorySize.number($0)) per hour" } ?? ""
    }
}
