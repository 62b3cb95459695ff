public import MultipleSpawner

/// One HTTP call as it is to be made. Prints without its headers, its query and its body: they may carry secrets.
public struct HTTPRequest: Sendable {
    public var method: String
    /// `http://…` or `https://…`, percent-encoded. With `unixSocket`, its host is only what the server is told.
    public var url: String
    /// The path of a unix socket to connect to instead of the URL's host.
    public var unixSocket: String?
    /// The host to connect to instead of the URL's, which the certificate is still checked against.
    public var address: String?
    /// Sent as they are. `Content-Length` and `Transfer-Encoding` are ours to say.
    public var headers: [String: Secret]
    public var body: [UInt8]
    public var limits: HTTPLimits
    /// What is read for `https`; `nil`: the system's authorities, and no certificate of our own.
    public var tls: TLSFiles?
    /// The most bytes that the answer's body may have, lest an answer fill the memory. A stream is not bounded: no more
    /// of it is held than its reader has left unread.
    public var mostBytes: Int
    /// Whether `http_proxy` and its like in the environment are followed; never for a unix socket.
    public var usesEnvironmentProxy = false

    public init(
        _ method: String = "GET", _ url: String, unixSocket: String? = nil, address: String? = nil,
        headers: [String: Secret] = [:], body: [UInt8] = [], limits: HTTPLimits = HTTPLimits(),
        tls: TLSFiles? = nil, mostBytes: Int = 64 << 20
    ) {
        self.method = method
        self.url = url
        self.unixSocket = unixSocket
        self.address = address
        self.headers = headers
        self.body = body
        self.limits = limits
        self.tls = tls
        self.mostBytes = mostBytes
    }
}

extension HTTPRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "\(method.excerpt) \(String(url.prefix { $0 != "?" }).excerpt)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
