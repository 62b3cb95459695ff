import CryptoExtras
import MultipleSpawner

/// Who signs the requests. It prints without its key.
struct OCIIdentity: Sendable {
    var tenancy: String
    var user: String
    var fingerprint: String
    var key: _RSA.Signing.PrivateKey
    /// As the file says it.
    var region: String?

    /// What Oracle finds the public half of the key by.
    var keyID: String { "\(tenancy)/\(user)/\(fingerprint)" }

    func signs(like other: OCIIdentity) -> Bool {
        keyID == other.keyID && key.derRepresentation == other.key.derRepresentation
    }
}

extension OCIIdentity: CustomStringConvertible, CustomReflectable {
    var description: String { keyID.excerpt }
    var customMirror: Mirror { Mirror(self, children: []) }
}
