import MultipleSpawner
import Transport

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension SSHAuthenticator {
    /// The key of the session, made where it is to be a new one.
    func makeKey(
        _ key: SSHGrant.Key, _ options: SSHAuthenticatorOptions, _ wanted: AccessRequest, _ checkpoint: GrantCheckpoint
    ) async throws -> SSHPublicKey {
        let files = SSHKeyFiles(directory: key.directory, name: key.name)
        if !key.isKept {
            try await FileWork.run { () throws(SpawnError) in
                try keyLeases(key).take(key.name, by: wanted.session) { () throws(SpawnError) in
                    try makeRoom(for: files)
                }
            }
        }
        if case .rsa = options.keyType { await checkpoint.report("making an RSA key") }
        return try await files.makeIfMissing(
            options.keyType, comment: Self.comment(for: wanted.identity))
    }

    /// A key that an earlier session left is removed. One that was not made here is somebody's own.
    private func makeRoom(for files: SSHKeyFiles) throws(SpawnError) {
        guard let comment = try files.comment() else { return }
        guard comment.hasPrefix(Self.mark) else {
            throw SpawnError(
                .conflict,
                "the key '\(files.privateFile.excerpt)' was not made here and is not overwritten; set 'load_existing' to "
                    + "use it, or choose another 'key_name'")
        }
        try files.remove()
    }
}
