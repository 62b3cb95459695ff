/// An address of a machine, as libvirt tells it.
struct LibvirtAddress: Sendable, Hashable {
    let text: String
    /// The card's own address, in small letters; empty where it is not told.
    let hardware: String
    /// What the machine, or the host, calls the card.
    let interface: String

    /// Whether the machine may be reached there from elsewhere.
    private var isReachable: Bool {
        let small = text.lowercased()
        return interface != "lo" && !small.hasPrefix("127.") && !small.hasPrefix("169.254.") && small != "::1"
            && !small.hasPrefix("fe80:")
    }

    private var isOld: Bool { !text.contains(":") }

    /// The one to log in at: of a card that we gave the machine where that is known, and IPv4 before IPv6.
    static func best(of all: [LibvirtAddress], card: String) -> String? {
        let reachable = all.filter(\.isReachable)
        let ours = reachable.filter { $0.hardware == card }
        let choice = ours.isEmpty ? reachable : ours
        return (choice.first(where: \.isOld) ?? choice.first)?.text
    }
}
