import CryptoExtras
import MultipleSpawner
import Synchronization

/// Reads the configuration of Oracle's own programs: `~/.oci/config`, a profile in it, and the key that it names.
///
/// It is read again a minute later, and at once when it was refused: whoever renews a key starts nothing anew.
final class OCIIdentitySource: Sendable {
    private struct Known {
        let identity: OCIIdentity
        let until: ContinuousClock.Instant
    }

    private let file: String
    private let profile: String
    private let environment: [String: String]
    private let known = Mutex<Known?>(nil)

    /// - Parameters:
    ///   - file: of the options; `nil`: OCI_CONFIG_PATH, else the usual one.
    ///   - profile: of the options; `nil`: OCI_PROFILE_NAME, else DEFAULT.
    init(file: String?, profile: String?, environment: [String: String]) {
        func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        self.file = PlainFile.expand(file ?? variable("OCI_CONFIG_PATH") ?? "~/.oci/config", environment)
        self.profile = profile ?? variable("OCI_PROFILE_NAME") ?? "DEFAULT"
        self.environment = environment
    }

    /// - Throws: `unauthorized` that says what is missing where.
    func current() async throws(SpawnError) -> OCIIdentity {
        if let known = known.withLock(\.self), known.until > .now { return known.identity }
        let identity = try await read()
        known.withLock { $0 = Known(identity: identity, until: .now + .seconds(60)) }
        return identity
    }

    /// It was refused.
    func forget() {
        known.withLock { $0 = nil }
    }

    private func read() async throws(SpawnError) -> OCIIdentity {
        guard let bytes = try await PlainFile.read(file) else {
            throw SpawnError(
                .unauthorized,
                "there is no '\(file.excerpt)' with Oracle's configuration; make it with 'oci setup config', or set "
                    + "OCI_CONFIG_PATH")
        }
        let sections = ProfileFile(bytes)
        guard let own = sections[profile] else {
            throw SpawnError(
                .unauthorized, "there is no profile '\(profile.excerpt)' in '\(file.excerpt)'; make it, or name another"
            )
        }
        // What the section DEFAULT says holds for all.
        let settings = (sections["DEFAULT"] ?? [:]).merging(own) { $1 }
        let tenancy = try setting("tenancy", of: settings)
        let user = try setting("user", of: settings)
        let fingerprint = try setting("fingerprint", of: settings)
        let named = environment["OCI_KEY_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        let file = if let named { named } else { try setting("key_file", of: settings) }
        let path = PlainFile.expand(file, environment)
        let passphrase = settings["pass_phrase"].flatMap { $0.isEmpty ? nil : Secret($0) }
        return OCIIdentity(
            tenancy: tenancy, user: user, fingerprint: fingerprint, key: try await key(path, passphrase),
            region: settings["region"].flatMap { $0.isEmpty ? nil : $0 })
    }

    private func setting(_ name: String, of settings: [String: String]) throws(SpawnError) -> String {
        guard let value = settings[name], !value.isEmpty else {
            throw SpawnError(
                .unauthorized, "the profile '\(profile.excerpt)' in '\(file.excerpt)' has no '\(name)'; add it")
        }
        // They stand in a header, in quotes.
        guard value.utf8.allSatisfy({ (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "\"") }) || name == "key_file"
        else {
            throw SpawnError(
                .unauthorized, "'\(name)' of the profile '\(profile.excerpt)' in '\(file.excerpt)' is none; correct it")
        }
        return value
    }

    private func key(_ path: String, _ passphrase: Secret?) async throws(SpawnError) -> _RSA.Signing.PrivateKey {
        guard let bytes = try await PlainFile.read(path) else {
            throw SpawnError(.unauthorized, "there is no key '\(path.excerpt)'; set 'key_file' in '\(file.excerpt)'")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        do {
            guard text.contains("ENCRYPTED") else { return try _RSA.Signing.PrivateKey(pemRepresentation: text) }
            guard let passphrase else {
                throw SpawnError(
                    .unauthorized,
                    "the key '\(path.excerpt)' has a passphrase; set 'pass_phrase' in '\(file.excerpt)', or take it away "
                        + "with openssl pkey")
            }
            return try _RSA.Signing.PrivateKey(
                encryptedPEMRepresentation: text,
                passphraseCallback: { setPassphrase in setPassphrase(Array(passphrase.reveal().utf8)) })
        } catch {
            // What a library says of a key is not for a log.
            throw error as? SpawnError
                ?? SpawnError(
                    .unauthorized,
                    "the key '\(path.excerpt)' cannot be read; it has to be an RSA key of 2048 bits at least, in PEM, with "
                        + "the right 'pass_phrase' where it has one")
        }
    }
}
