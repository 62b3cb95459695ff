import MultipleSpawner

/// One entry of `docker_host` or `DOCKER_HOST`, taken apart.
struct DockerAddress {
    private let text: String
    private let scheme: String
    private let rest: Substring

    init(_ text: String) {
        self.text = text
        if text.utf8.starts(with: "/".utf8) {
            (scheme, rest) = ("unix", text[...])
        } else if let range = text.firstRange(of: "://") {
            (scheme, rest) = (text[..<range.lowerBound].lowercased(), text[range.upperBound...])
        } else {
            // Docker's own tools take `host:port` for TCP.
            (scheme, rest) = ("tcp", text[...])
        }
    }

    /// The manager at this address.
    ///
    /// - Parameters:
    ///   - usesTLS: whether `tcp` means TLS, because certificates were given.
    ///   - allowsPlain: whether the administrator wants TCP without TLS to other machines too.
    func manager(usesTLS: Bool, allowsPlain: Bool) throws(SpawnError) -> DockerHost.Manager {
        guard text.unicodeScalars.allSatisfy({ !$0.isControl }) else {
            throw refusal("it holds a control character")
        }
        switch scheme {
        case "unix": return try socket()
        case "tcp": return try network(isTLS: usesTLS, port: usesTLS ? 2376 : 2375, allowsPlain: allowsPlain)
        case "https": return try network(isTLS: true, port: 443, allowsPlain: allowsPlain)
        case "http": return try network(isTLS: false, port: 80, allowsPlain: allowsPlain)
        case "ssh":
            throw SpawnError(
                .unsupported,
                "Docker at '\(text.excerpt)' can be reached once an SSH connection can be made; use tcp:// with TLS or a "
                    + "unix socket")
        default:
            throw refusal("'\(scheme.excerpt)' is not one of unix, tcp, http, https, ssh")
        }
    }

    private func socket() throws(SpawnError) -> DockerHost.Manager {
        let path = String(rest)
        guard path.utf8.first == UInt8(ascii: "/"), path.utf8.count > 1 else {
            throw refusal("a socket is an absolute path: unix:///var/run/docker.sock")
        }
        guard path.utf8.count <= 107 else {
            throw refusal("the path of a socket has 107 bytes at most, this one \(path.utf8.count)")
        }
        return .socket(path)
    }

    private func network(isTLS: Bool, port preset: Int, allowsPlain: Bool) throws(SpawnError) -> DockerHost.Manager {
        var authority = rest
        if authority.utf8.last == UInt8(ascii: "/") { authority.removeLast() }
        let (host, port) = try split(authority)
        guard !host.isEmpty, host.utf8.allSatisfy(\.isHostByte) else {
            throw refusal("it names no host: tcp://manager.example.org:2376")
        }
        guard isTLS || allowsPlain || Self.isLoopback(host) else {
            throw refusal(
                "without TLS whoever reaches that port, or listens on the way, has root there; give 'tls_config' (or "
                    + "DOCKER_TLS_VERIFY and DOCKER_CERT_PATH), or set 'insecure_tcp' to true")
        }
        return isTLS ? .tls(host: host, port: port ?? preset) : .plain(host: host, port: port ?? preset)
    }

    /// `host`, `host:port`, `[address]:port`.
    private func split(_ authority: Substring) throws(SpawnError) -> (host: String, port: Int?) {
        let host: Substring
        var port: Substring
        if authority.utf8.first == UInt8(ascii: "["), let end = authority.utf8.lastIndex(of: UInt8(ascii: "]")) {
            host = authority[authority.index(after: authority.startIndex)..<end]
            port = authority[authority.index(after: end)...]
        } else {
            host = authority.prefix { $0 != ":" }
            port = authority[host.endIndex...]
        }
        guard !port.isEmpty else { return (String(host), nil) }
        guard port.removeFirst() == ":", port.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(port), (1...65535).contains(number)
        else { throw refusal("its port is no number from 1 to 65535, or something follows the port") }
        return (String(host), number)
    }

    /// Whether it can be the name of a host in a certificate.
    static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.lowercased() != "false" && name.utf8.allSatisfy(\.isHostByte)
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        guard let address = SocketAddress(host, port: 0) else { return false }
        return !address.isIPv6 && address.address.first == 127
    }

    private func refusal(_ reason: String) -> SpawnError {
        SpawnError(.invalidRequest, "'\(text.excerpt)' is no address of Docker: \(reason)")
    }
}

extension UInt8 {
    /// Letters, digits and what else stands in names and IP addresses; no `@`, `/`, `?`, `#` or `%`.
    fileprivate var isHostByte: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: ":"):
            true
        default: false
        }
    }
}
