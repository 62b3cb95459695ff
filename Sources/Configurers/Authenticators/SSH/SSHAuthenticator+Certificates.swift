public import MultipleSpawner
import Transport

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension SSHAuthenticator {
    /// How much longer than the session a certificate holds, in seconds: for clocks that differ, and for the end.
    private static let margin: UInt64 = 3600
    /// The longest that one holds, in seconds. It is renewed at half of its time, so a daemon may be down for the other
    /// half.
    private static let longest: UInt64 = 86_400

    static func newSerial() -> UInt64 { .random(in: 1...UInt64(Int64.max)) }

    /// The path of the certificate that goes with the key; `nil` where none is wanted and none is there.
    func certify(
        _ key: SSHPublicKey, _ files: SSHKeyFiles, _ grant: SSHGrant, _ options: SSHAuthenticatorOptions
    ) async throws -> String? {
        guard grant.certificate != nil else {
            let now = Self.now
            guard options.loadsExisting, let known = try await files.loadCertificate() else { return nil }
            guard known.key == key, known.terms.validAfter <= now, known.terms.validBefore > now else {
                throw SpawnError(
                    .conflict,
                    "the certificate '\(files.certificateFile.excerpt)' is over or is not of its key; renew it, or set "
                        + "'create_certificate'")
            }
            return files.certificateFile
        }
        try await store(try await certificate(for: key, grant), grant, files)
        return files.certificateFile
    }

    public func renew(_ grant: Grant, checkpoint: GrantCheckpoint) async throws -> Duration? {
        var grant: SSHGrant = try grant.decode()
        guard let key = grant.key, let terms = grant.certificate else { return nil }
        let files = SSHKeyFiles(directory: key.directory, name: key.name)
        let now = Self.now
        let half = max(1, terms.validity / 2)
        // Another session of the same user may have renewed it.
        if let known = try await files.loadCertificate(), known.terms.principals == terms.principals,
            known.terms.validBefore > now + half
        {
            return .seconds(Int64(clamping: known.terms.validBefore - now - half))
        }
        guard let publicKey = try await files.loadPublicKey() else {
            throw SpawnError(
                .notFound,
                "the key '\(files.privateFile.excerpt)' of a running session is gone, so its certificate cannot be "
                    + "renewed; put it back, or stop the session")
        }
        grant.serial = Self.newSerial()
        try await checkpoint(Grant(grant, by: Self.kind))
        try await store(try await certificate(for: publicKey, grant), grant, files)
        return .seconds(Int64(clamping: half))
    }

    private func certificate(for key: SSHPublicKey, _ grant: SSHGrant) async throws -> SSHCertificate {
        guard let terms = grant.certificate, let serial = grant.serial else {
            throw SpawnError(.internal, "a certificate was to be made without terms")
        }
        let now = Self.now
        return try await SSHCertificateAuthority.open(authority).certify(
            key,
            SSHCertificate.Terms(
                keyID: terms.keyID, serial: serial, principals: terms.principals, validAfter: now - 60,
                validBefore: now + terms.validity, sourceAddresses: terms.sourceAddresses,
                permitsTerminal: terms.permitsTerminal))
    }

    /// A key that goes with its sessions gets a certificate only as long as this session holds it: a certificate that
    /// came after the end would stay.
    private func store(_ certificate: SSHCertificate, _ grant: SSHGrant, _ files: SSHKeyFiles) async throws {
        guard let key = grant.key, !key.isKept else { return try await files.store(certificate) }
        try await FileWork.run { () throws(SpawnError) in
            try keyLeases(key).whileHeld(key.name, by: grant.session) { () throws(SpawnError) in
                try files.write(certificate)
            }
        }
    }

    /// In seconds: the longest that the session may last, at most a day.
    static func validity(_ terms: SSHAuthenticatorOptions.Certificate, _ wanted: AccessRequest) -> UInt64 {
        if let minutes = terms.validity { return UInt64(minutes) * 60 }
        guard let most = wanted.lifetime.maximum ?? wanted.lifetime.minutes else { return longest }
        let start = UInt64(max(0, wanted.startTimeout.components.seconds))
        return min(longest, start + UInt64(max(0, most)) * 60 + margin)
    }

    /// Seconds since 1970.
    private static var now: UInt64 { UInt64(Date().timeIntervalSince1970) }
}
