import MultipleSpawner

extension RoutingDecision {
    /// The decision as a person reads it: each template with its reason, then what would be done.
    var text: String {
        var lines = candidates.map { "\($0.taken ? "taken      " : "passed over")  \($0.template): \($0.reason)" }
        if let plan {
            let limits = [
                plan.memoryLimit.map { "memory \(MemorySize.text($0))" }, plan.cpuLimit.map { "cpu \($0)" },
            ].compactMap { $0 }
            lines.append("")
            lines.append("template       \(plan.template)")
            lines.append("deployment     \(plan.deployment ?? "-")")
            if let image = plan.image { lines.append("image          \(image) (\(plan.imageName ?? "-"))") }
            if !plan.files.isEmpty { lines.append("files          \(plan.files.joined(separator: ", "))") }
            lines.append("provider       \(plan.provider)")
            lines.append("resource type  \(plan.resourceType.rawValue)")
            lines.append("backend        \(plan.backend.rawValue)")
            lines.append(
                "hardware       memory \(MemorySize.text(plan.resources.memory)), cpu \(plan.resources.cpu), "
                    + "gpu \(plan.resources.gpu)")
            lines.append("limits         \(limits.isEmpty ? "none" : limits.joined(separator: ", "))")
            lines.append("lifetime       \(plan.lifetime.minutes.map { "\($0) min" } ?? "until it is stopped")")
            lines.append("options        \(plan.options.text)")
        }
        return lines.joined(separator: "\n")
    }
}
