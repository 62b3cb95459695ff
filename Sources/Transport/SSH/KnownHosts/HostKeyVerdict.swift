/// What the files say of the key that a machine showed.
public enum HostKeyVerdict: Sendable, Hashable {
    /// The line that has this key for this machine.
    case trusted(file: String, line: Int)
    /// No file knows the machine.
    case unknown
    /// The machine is known by other keys only; one of them, with its type.
    case changed(file: String, line: Int, type: String)
    /// The key is marked as one that must not be believed any more.
    case revoked(file: String, line: Int)
    /// The machine is known by an authority for certificates alone, and showed a plain key, or a certificate that is not
    /// examined here.
    case certificateAuthority(file: String, line: Int)
}
