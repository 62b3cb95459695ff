#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An OpenSSH certificate for a user's key, as `PROTOCOL.certkeys` describes it. It prints as the line of its file.
public struct SSHCertificate: Sendable, Hashable {
    /// What it says of the key.
    public struct Terms: Sendable, Hashable {
        /// What sshd writes in its log at a login.
        public var keyID: String
        public var serial: UInt64
        /// The accounts that it lets in; none lets nobody in.
        public var principals: [String]
        /// Seconds since 1970.
        public var validAfter: UInt64
        /// Seconds since 1970; at this second it is over.
        public var validBefore: UInt64
        /// Addresses and networks from which it may be used; none: from anywhere.
        public var sourceAddresses: [String]
        public var permitsPortForwarding: Bool
        public var permitsTerminal: Bool

        public init(
            keyID: String, serial: UInt64, principals: [String], validAfter: UInt64, validBefore: UInt64,
            sourceAddresses: [String] = [], permitsPortForwarding: Bool = true, permitsTerminal: Bool = false
        ) {
            self.keyID = keyID
            self.serial = serial
            self.principals = principals
            self.validAfter = validAfter
            self.validBefore = validBefore
            self.sourceAddresses = sourceAddresses
            self.permitsPortForwarding = permitsPortForwarding
            self.permitsTerminal = permitsTerminal
        }
    }

    /// `ssh-ed25519-cert-v01@openssh.com`.
    public let type: String
    let blob: [UInt8]
    public let key: SSHPublicKey
    public let authority: SSHPublicKey
    public let terms: Terms

    static let suffix = "-cert-v01@openssh.com"

    /// Whether it is a certificate for this key, by this authority, and will be good for a while.
    public func isGood(for key: SSHPublicKey, by authority: SSHPublicKey, until end: UInt64, at now: UInt64) -> Bool {
        self.key == key && self.authority == authority && terms.validAfter <= now && terms.validBefore > end
    }
}

extension SSHCertificate: CustomStringConvertible {
    public var description: String { "\(type) \(Data(blob).base64EncodedString())" }
}
