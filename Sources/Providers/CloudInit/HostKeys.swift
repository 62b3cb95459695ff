import Crypto
public import MultipleSpawner
public import Transport

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The host keys that we give to new machines, so that the first connection to one is no act of faith.
///
/// A machine's key is derived from a secret of this daemon and the machine's token. So it is the same however often it is
/// asked for, also after the daemon was killed between a request and its answer, and there is nothing to keep.
public struct HostKeys: Sendable {
    private let directory: String

    /// - Parameter stateDirectory: of this daemon's own; the secret is `providers/host-keys` in it.
    public init(stateDirectory: String) {
        directory = stateDirectory + "/providers"
    }

    static let file = "host-keys"

    /// The key of the machine with this token.
    public func key(for token: MachineToken) async throws(SpawnError) -> SSHKeyPair {
        let secret = try await FileWork.run { () throws(SpawnError) in try readOrMake() }
        let seed = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: secret, salt: Data("multiplespawner host key".utf8), info: Data(token.rawValue.utf8),
            outputByteCount: 32)
        guard let pair = SSHKeyPair(ed25519Seed: seed.withUnsafeBytes { Array($0) }, comment: token.rawValue) else {
            throw SpawnError(.internal, "no host key came of the secret in '\(directory.excerpt)'")
        }
        return pair
    }

    /// Made at the first use. Whoever is second, in another process too, finds what the first one made.
    private func readOrMake() throws(SpawnError) -> SymmetricKey {
        let place = try PrivateDirectory(making: directory)
        if let known = try known(in: place) { return known }
        let made = SymmetricKey(size: .bits256)
        if try place.create(Self.file, made.withUnsafeBytes { Array($0) }) { return made }
        guard let known = try known(in: place) else {
            throw SpawnError(.unavailable, "'\(place.path(of: Self.file).excerpt)' went away while it was read")
        }
        return known
    }

    private func known(in place: borrowing PrivateDirectory) throws(SpawnError) -> SymmetricKey? {
        guard let bytes = try place.read(Self.file, limit: 1024) else { return nil }
        let path = place.path(of: Self.file)
        guard bytes.count == 32 else {
            throw SpawnError(
                .invalidRequest,
                "'\(path.excerpt)' has \(bytes.count) bytes and not 32; restore it, or remove it once no machine runs")
        }
        guard try place.status(of: Self.file)?.isPrivate == true else {
            throw SpawnError(.invalidRequest, "others may read '\(path.excerpt)'; take that from them with chmod 600")
        }
        return SymmetricKey(data: bytes)
    }
}
