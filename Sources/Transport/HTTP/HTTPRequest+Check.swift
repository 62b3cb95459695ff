import MultipleSpawner

extension HTTPRequest {
    /// Refuses what would say more, or something else, than one request: line breaks in a header, a second length.
    func check() throws(HTTPFailure) {
        guard !method.isEmpty, method.utf8.allSatisfy(\.isHeaderNameByte) else {
            throw .malformed("'\(method.excerpt)' is no HTTP method")
        }
        guard url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .malformed("the URL of a \(method) request holds a character that is not percent-encoded")
        }
        if let unixSocket {
            guard unixSocket.utf8.first == UInt8(ascii: "/"), !unixSocket.utf8.contains(0) else {
                throw .malformed("'\(unixSocket.excerpt)' is no absolute path of a socket")
            }
            guard unixSocket.utf8.count <= Self.longestSocketPath else {
                throw .malformed(
                    "the socket path '\(unixSocket.excerpt)' is longer than \(Self.longestSocketPath) bytes, the most "
                        + "that a socket can have")
            }
        }
        for (name, value) in headers {
            guard !name.isEmpty, name.utf8.allSatisfy(\.isHeaderNameByte) else {
                throw .malformed("'\(name.excerpt)' is no name of a header")
            }
            let isOurs = ["content-length", "transfer-encoding", "connection", "expect"].contains(name.lowercased())
            guard !isOurs else { throw .malformed("the header '\(name)' is not the caller's to set") }
            // Tabs are allowed within; all other control bytes could begin a header, or a request, of their own.
            guard value.reveal().utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                throw .malformed("the value of the header '\(name)' holds a control character")
            }
        }
    }

    /// `sun_path` without its terminating zero.
    private static let longestSocketPath = 107
}

extension UInt8 {
    /// What RFC 9110 calls a token.
    fileprivate var isHeaderNameByte: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(self)
        }
    }
}
