/// What holds a server to its limits of memory and cores on a machine where we are a mere user.
enum LimitsHold: String, Sendable, Hashable, CaseIterable {
    /// systemd, where the account has it; else the server is only told.
    case auto
    /// systemd; a machine without it is refused.
    case systemd
    /// The address space of each process, in place of memory. Cores are not limited.
    case ulimit
    /// Nothing: the server is told.
    case none
}
