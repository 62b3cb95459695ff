/// The kinds of keys that are made here.
public enum SSHKeyType: Sendable, Hashable {
    case ed25519
    /// On the curve P-256.
    case ecdsa
    /// With so many bits; 3072 at least.
    case rsa(bits: Int)

    /// The fewest bits of an RSA key that is made.
    public static let fewestBits = 3072
}
