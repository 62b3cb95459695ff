import MultipleSpawner

/// What finds a machine of libvirt again, and its disks: from before they are made.
struct LibvirtLease: Sendable, Hashable, Codable {
    /// `nil` only for a machine that carries none, as a census may find it.
    var token: MachineToken?
    /// The machine's id there.
    var uuid: String
    /// For messages.
    var name: String
    /// Where libvirt was reached, whatever the file says today.
    var uri: String
    /// The pool with the disks.
    var pool: String
    /// Seconds that it is given to end by itself.
    var grace: Int
    /// When it was asked for, in seconds since 1970, while it is not known whether that was heard.
    var asked: Int?
}
