public import MultipleSpawner
public import Transport

extension DockerHost {
    /// Reads one address, or several with commas between them.
    public init(_ text: String, tls: TLSFiles? = nil, insecureTCP: Bool = false) throws(SpawnError) {
        let entries = text.split(separator: ",").map(\.trimmed).filter { !$0.isEmpty }
        try self.init(entries, tls: tls, certificateName: nil, insecureTCP: insecureTCP)
    }

    /// Reads `docker_host` (a string or a list), `tls_config` (with docker-py's keys) and `insecure_tcp` of a template;
    /// without `docker_host`, the environment.
    public init(options: JSONValue, environment: [String: String]) throws(SpawnError) {
        let entries: [String]
        switch options["docker_host"] {
        case nil, .null, .string(""):
            entries = Self.entries(of: environment)
        case .string(let text):
            entries = text.split(separator: ",").map(\.trimmed)
        case .array(let values):
            entries = values.compactMap(\.stringValue)
            guard entries.count == values.count else {
                throw SpawnError(.invalidRequest, "'docker_host' is a list of addresses, each a string")
            }
        case .some(let other):
            throw SpawnError(.invalidRequest, "'docker_host' is an address or a list of them, not \(other.kindName)")
        }
        let given = try TLSFiles.docker(options["tls_config"], home: environment["HOME"])
        try self.init(
            entries, tls: given?.files ?? TLSFiles.docker(environment: environment),
            certificateName: given?.certificateName, insecureTCP: options["insecure_tcp"]?.boolValue ?? false)
    }

    /// Reads `DOCKER_HOST`, `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH`; the usual socket where they say nothing.
    public init(environment: [String: String]) throws(SpawnError) {
        try self.init(options: .object([:]), environment: environment)
    }

    private init(
        _ entries: [String], tls: TLSFiles?, certificateName: String?, insecureTCP: Bool
    ) throws(SpawnError) {
        guard !entries.isEmpty else {
            throw SpawnError(
                .invalidRequest, "'docker_host' names no address; unix:///var/run/docker.sock is the usual")
        }
        var managers: [Manager] = []
        for entry in entries {
            let manager = try DockerAddress(entry).manager(usesTLS: tls != nil, allowsPlain: insecureTCP)
            // Asked twice, it would not be found any better.
            if !managers.contains(manager) { managers.append(manager) }
        }
        self.init(managers: managers, tls: tls ?? TLSFiles(), certificateName: certificateName)
    }

    private static func entries(of environment: [String: String]) -> [String] {
        let text = environment["DOCKER_HOST"] ?? ""
        return text.isEmpty ? usual.managers.map(\.description) : text.split(separator: ",").map(\.trimmed)
    }
}

extension TLSFiles {
    /// As Docker's own tools have it: `ca.pem`, `cert.pem` and `key.pem` in `DOCKER_CERT_PATH`, or in `~/.docker`.
    ///
    /// Either variable means TLS. Docker's client would not verify the server where only the directory is named: here it
    /// always is.
    fileprivate static func docker(environment: [String: String]) -> TLSFiles? {
        let directory = environment["DOCKER_CERT_PATH"] ?? ""
        guard !directory.isEmpty || environment["DOCKER_TLS_VERIFY"]?.isEmpty == false else { return nil }
        let place = directory.isEmpty ? "\(environment["HOME"] ?? "")/.docker" : directory
        return TLSFiles(authority: "\(place)/ca.pem", certificate: "\(place)/cert.pem", key: "\(place)/key.pem")
    }

    /// docker-py's `TLSConfig`: `ca_cert`, `client_cert: [certificate, key]`, `verify`, `assert_hostname`.
    fileprivate static func docker(
        _ options: JSONValue?, home: String?
    ) throws(SpawnError) -> (files: TLSFiles, certificateName: String?)? {
        guard let options, !options.isNull, options.objectValue?.isEmpty != true else { return nil }
        guard let members = options.objectValue else {
            throw SpawnError(.invalidRequest, "'tls_config' is an object, not \(options.kindName)")
        }
        let known = ["ca_cert", "client_cert", "verify", "assert_hostname"]
        if let unknown = members.keys.sorted().first(where: { !known.contains($0) }) {
            throw SpawnError(
                .invalidRequest,
                "'tls_config' knows \(known.map { "'\($0)'" }.joined(separator: ", ")), not '\(unknown.excerpt)'")
        }
        let expanded: (String) -> String = { $0.hasPrefix("~/") ? (home ?? "~") + $0.dropFirst() : $0 }
        var files = TLSFiles(authority: members["ca_cert"]?.stringValue.map(expanded))
        switch members["verify"] {
        case nil, .null, .bool(true), .string("True"), .string("true"): break
        case .string(let path) where path.utf8.first == UInt8(ascii: "/"): files.authority = files.authority ?? path
        default:
            throw SpawnError(
                .invalidRequest,
                "'verify' of 'tls_config' cannot be switched off: whoever answers in Docker's place would have all "
                    + "tokens; name its authority in 'ca_cert'")
        }
        switch members["client_cert"] {
        case nil, .null: break
        case .array(let pair) where pair.count == 2 && pair.allSatisfy({ $0.stringValue?.isEmpty == false }):
            files.certificate = pair[0].stringValue.map(expanded)
            files.key = pair[1].stringValue.map(expanded)
        default:
            throw SpawnError(.invalidRequest, "'client_cert' of 'tls_config' is a list: the certificate, then its key")
        }
        switch members["assert_hostname"] {
        case nil, .null, .bool(true), .string("True"), .string("true"): return (files, nil)
        case .string(let name) where DockerAddress.isName(name): return (files, name)
        default:
            throw SpawnError(
                .invalidRequest,
                "'assert_hostname' of 'tls_config' is the name that the certificate bears, and cannot be switched off")
        }
    }
}

extension Substring {
    fileprivate var trimmed: String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
