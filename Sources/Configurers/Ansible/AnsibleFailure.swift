import MultipleSpawner
import Transport

/// Turns the end of a run into an error that says which task failed, with what message, and what to do.
struct AnsibleFailure: Sendable {
    let run: PlaybookRun
    let hidden: HiddenTexts
    let progress: AnsibleProgress.State

    /// What it said on its errors: for the log.
    private struct Complaint: Error, CustomStringConvertible {
        let description: String
    }

    /// `nil` where it did what it should.
    func reason(of answer: HelperProgram.Answer) -> SpawnError? {
        let said = hidden.hide(String(decoding: answer.errors, as: UTF8.self))
        guard answer.status != 0 else {
            guard progress.count == 0, progress.passedOver else { return nil }
            return SpawnError(
                .invalidRequest,
                "no play of \(playbooks) is for \(machine): their 'hosts' name neither 'all' nor "
                    + (run.group.map { "the group '\($0.excerpt)'" } ?? "a group of 'host_settings'"))
        }
        if let failure = progress.failure { return reason(of: failure, said) }
        let complaint = Complaint(description: ProgramWords.lastLines(said, most: 8).joined(separator: " | "))
        let ending = answer.status.map { "status \($0)" } ?? "a signal ended it"
        let lines = ProgramWords.lastLines(said)
        let first = lines.first { $0.hasPrefix("ERROR!") || $0.hasPrefix("[ERROR]") } ?? lines.last
        return SpawnError(
            .backendFailed,
            "ansible-playbook failed with \(playbooks) (\(ending))\(first.map { ": \($0)" } ?? "")\(task)",
            details: lines, cause: complaint)
    }

    /// The run took longer than it may.
    var lateness: SpawnError {
        SpawnError(
            .timedOut,
            "preparing \(machine) with \(playbooks) took longer than \(Int(run.timeLimit.rounded(.up))) s and was "
                + "ended\(task); see what it waits for, or raise 'time_limit'")
    }

    private func reason(of failure: AnsibleEvent, _ said: String) -> SpawnError {
        let message = ProgramWords.line(hidden.hide(failure.message ?? ""))
        let lines = (failure.lines ?? []).map { ProgramWords.line(hidden.hide($0)) }.filter { !$0.isEmpty }
        let name = ProgramWords.line(hidden.hide(failure.task ?? ""), most: 80)
        guard failure.event == .unreachable else {
            let last = lines.last.map { "; its last line: \($0)" } ?? ""
            return SpawnError(
                .backendFailed,
                "the task '\(name)' of \(failure.playbook.excerpt) failed on \(machine): \(message)\(last)",
                details: lines)
        }
        return SpawnError(
            code(message), "\(machine) cannot be logged in to at the task '\(name)': \(advice(message))",
            details: [message])
    }

    private func code(_ message: String) -> SpawnError.Code {
        if Self.hostKeySigns.contains(where: message.contains) { return .forbidden }
        return Self.loginSigns.contains(where: message.contains) ? .unauthorized : .unavailable
    }

    private func advice(_ message: String) -> String {
        switch code(message) {
        case .forbidden:
            "its host key is not the one that is known; compare it with what the machine's console shows, and correct "
                + (run.knownHosts.first?.excerpt ?? "known_hosts")
        case .unauthorized: "the login was refused; check the account, its key or certificate, and the server's log"
        default: message
        }
    }

    private static let hostKeySigns = [
        "Host key verification failed", "host key is known for", "IDENTIFICATION HAS CHANGED",
    ]
    private static let loginSigns = [
        "Permission denied", "Too many authentication failures", "Invalid/incorrect password", "bad permissions",
    ]

    private var machine: MachineAddress { MachineAddress(host: run.host, port: run.port) }

    private var playbooks: String {
        run.playbooks.map { "'\(($0.split(separator: "/").last.map(String.init) ?? $0).excerpt)'" }
            .joined(separator: ", ")
    }

    private var task: String {
        guard let last = progress.last else { return "" }
        return " at the task '\(ProgramWords.line(last.task ?? "", most: 80))' of \(last.playbook.excerpt)"
    }
}
