import FoundationEssentials
import Glibc

/// The processes that a run started, wherever they went: Ansible's workers and the connections of `ssh` are in sessions of
/// their own, and outlive the program that started them where that was killed.
struct RunRemains: Sendable {
    /// `NAME=VALUE` of the environment that they all have.
    let mark: String

    /// Ends them, on the calling thread.
    func end() {
        // One that is just being started shows its parent's environment, or its own a moment later.
        for _ in 0..<3 {
            let processes = find()
            guard !processes.isEmpty else { return }
            for process in processes { kill(process, SIGKILL) }
        }
    }

    private func find() -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { process in
            guard process != getpid(), let bytes = FileManager.default.contents(atPath: "/proc/\(process)/environ")
            else {
                return false
            }
            return bytes.split(separator: 0).contains { $0.elementsEqual(mark.utf8) }
        }
    }
}
