import MultipleSpawner
import Transport

/// What a template may say about keys, read from options that were checked against `shape`.
struct SSHAuthenticatorOptions: Sendable {
    var certificate: Certificate?
    var keyName: String?
    var loadsExisting: Bool
    var directory: String?
    var keyType: SSHKeyType
    var account: String?
    var password: Secret?
    /// Keys and fingerprints that a machine may have; empty where it has to be known already.
    var hostKeys: [String]
    var acceptsNewHostKeys: Bool
    var knownHosts: [String]
    var backAuthorization: BackAuthorization?

    struct Certificate: Sendable {
        var identity: String?
        var principals: [String]
        var sourceAddresses: [String]
        var permitsTerminal: Bool
        /// In minutes.
        var validity: Int?
    }

    struct BackAuthorization: Sendable {
        var file: String?
        var permitOpen: [String]
    }

    init(_ options: JSONValue) throws(SpawnError) {
        if options["create_certificate"]?.boolValue == true {
            let terms = options["certificate_kwargs"]
            certificate = Certificate(
                identity: terms?["identity"]?.filledString, principals: terms?["principals"]?.strings ?? [],
                sourceAddresses: terms?["source_address"]?.strings ?? [],
                permitsTerminal: terms?["permit_pty"]?.boolValue ?? false, validity: terms?["validity"]?.integerValue)
        }
        keyName = options["key_name"]?.filledString
        loadsExisting = options["load_existing"]?.boolValue ?? false
        directory = options["ssh_dir_path"]?.filledString
        keyType = try Self.keyType(options, hasCertificate: certificate != nil)
        account = options["user"]?.filledString
        if let account { try Self.checkAccount(account) }
        password = options["password"]?.filledString.map { Secret($0) }
        hostKeys = options["host_key"]?.strings ?? []
        acceptsNewHostKeys = options["accept_new_host_keys"]?.boolValue ?? false
        knownHosts = options["known_hosts"]?.strings ?? []
        if options["allow_backauth"]?.boolValue == true {
            let permitOpen = options["backauth_permit_open"]?.strings ?? []
            guard !permitOpen.isEmpty else {
                throw SpawnError(
                    .invalidRequest,
                    "'allow_backauth' needs 'backauth_permit_open': where machines may connect to through this one, such "
                        + "as 127.0.0.1:8081")
            }
            for place in permitOpen where !Self.isPlace(place) {
                throw SpawnError(
                    .invalidRequest,
                    "'\(place.excerpt)' in 'backauth_permit_open' is no HOST:PORT; write 127.0.0.1:8081")
            }
            backAuthorization = BackAuthorization(
                file: options["authorized_keys"]?.filledString, permitOpen: permitOpen)
        }
    }

    /// libssh2 takes ECDSA certificates and no ed25519 ones, so that is what gets a certificate when nobody chose.
    private static func keyType(_ options: JSONValue, hasCertificate: Bool) throws(SpawnError) -> SSHKeyType {
        let bits = options["size"]?.integerValue
        switch options["key_type"]?.stringValue ?? (bits == nil ? nil : "rsa") {
        case "ed25519": return .ed25519
        case "ecdsa": return .ecdsa
        case "rsa": return .rsa(bits: max(bits ?? SSHKeyType.fewestBits, SSHKeyType.fewestBits))
        default: return hasCertificate ? .ecdsa : .ed25519
        }
    }

    static func checkAccount(_ account: String) throws(SpawnError) {
        let isName = !account.unicodeScalars.contains {
            $0.isControl || $0.properties.isWhitespace || $0 == "," || $0 == "@" || $0 == ":"
        }
        guard isName, account.utf8.first != UInt8(ascii: "-"), account.utf8.count <= 255 else {
            throw SpawnError(.invalidRequest, "'\(account.excerpt)' is no account on a machine; set the option 'user'")
        }
    }

    /// It stands in quotes, in a line that sshd reads.
    private static func isPlace(_ text: String) -> Bool {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")), let port = Int(text[text.index(after: colon)...])
        else { return false }
        let host = text[..<colon]
        return (1...65535).contains(port) && !host.isEmpty
            && host.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"),
                    UInt8(ascii: "["), UInt8(ascii: "]"):
                    true
                default: false
                }
            }
    }
}

extension JSONValue {
    /// A list of strings that are not empty.
    var strings: [String] { arrayValue?.compactMap(\.filledString) ?? [] }

    /// A string that is not empty.
    var filledString: String? { stringValue.flatMap { $0.isEmpty ? nil : $0 } }
}
