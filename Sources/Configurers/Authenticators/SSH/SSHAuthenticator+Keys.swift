import MultipleSpawner
import Transport

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension SSHAuthenticator {
    /// How much longer than the session a certificate holds, in seconds: for clocks that differ, and for the end.
    private static let margin: UInt64 = 3600
    /// How long it holds where a session has no end, in seconds.
    private static let longest: UInt64 = 7 * 86400

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

    /// The path of the certificate that goes with the key; `nil` where none is wanted and none is there.
    func certify(
        _ key: SSHPublicKey, _ files: SSHKeyFiles, _ grant: SSHGrant, _ options: SSHAuthenticatorOptions,
        _ principals: [String], _ wanted: AccessRequest
    ) async throws -> String? {
        let now = UInt64(Date().timeIntervalSince1970)
        guard let terms = options.certificate, let serial = grant.serial else {
            guard options.loadsExisting, let known = try await files.loadCertificate() else { return nil }
            guard known.key == key, known.terms.validAfter <= now, known.terms.validBefore > now else {
                throw SpawnError(
                    .conflict,
                    "the certificate '\(files.certificateFile.excerpt)' is over or is not of its key; renew it, or set "
                        + "'create_certificate'")
            }
            return files.certificateFile
        }
        let authority = try await SSHCertificateAuthority.open(authority)
        let certificate = try authority.certify(
            key,
            SSHCertificate.Terms(
                keyID: terms.identity ?? "multiplespawner \(wanted.identity.label) \(wanted.session.rawValue)",
                serial: serial, principals: principals, validAfter: now - 60,
                validBefore: now + validity(terms, wanted), sourceAddresses: terms.sourceAddresses,
                permitsTerminal: terms.permitsTerminal))
        try await files.store(certificate)
        return files.certificateFile
    }

    /// In seconds: the longest that the session may last, as it is not renewed while the session runs.
    private func validity(_ terms: SSHAuthenticatorOptions.Certificate, _ wanted: AccessRequest) -> UInt64 {
        if let minutes = terms.validity { return UInt64(minutes) * 60 }
        let start = UInt64(max(0, wanted.startTimeout.components.seconds))
        let lifetime = wanted.lifetime
        guard let most = lifetime.maximum else {
            return start + max(UInt64(max(0, lifetime.minutes ?? 0)) * 60, Self.longest) + Self.margin
        }
        return start + UInt64(max(0, most)) * 60 + Self.margin
    }
}
