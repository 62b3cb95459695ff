import CLibCurl
import MultipleSpawner

extension Transfer {
    /// Tells libcurl everything about the call. `context` comes back in each callback.
    func prepare(_ easy: EasyHandle) throws(HTTPFailure) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        try easy.check(clibcurl_set_private(easy.pointer, context), CURLOPT_PRIVATE)
        try setSurroundings(easy)
        try setDestination(easy)
        try setRequest(easy)
        try setCallbacks(easy, context)
        try setTLS(easy)
    }

    private func setSurroundings(_ easy: EasyHandle) throws(HTTPFailure) {
        try easy.set(CURLOPT_NOSIGNAL, 1)
        // A name that is being looked up when its call ends would hold the thread until the look-up is over.
        try easy.set(CURLOPT_QUICK_EXIT, 1)
        try easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
        try easy.set(CURLOPT_FOLLOWLOCATION, 0)
        try easy.set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        try easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        try easy.set(CURLOPT_TCP_KEEPALIVE, 1)
        try easy.set(CURLOPT_TCP_KEEPIDLE, 30)
        try easy.set(CURLOPT_TCP_KEEPINTVL, 10)
        try easy.set(CURLOPT_BUFFERSIZE, 64 * 1024)
        if order.request.unixSocket != nil || !order.request.usesEnvironmentProxy {
            try easy.set(CURLOPT_PROXY, "")
        }
        try easy.check(clibcurl_close_on_execute(easy.pointer), CURLOPT_OPENSOCKETFUNCTION)
    }

    private func setDestination(_ easy: EasyHandle) throws(HTTPFailure) {
        let request = order.request
        try easy.set(CURLOPT_URL, request.url)
        try easy.set(CURLOPT_PATH_AS_IS, 1)
        try easy.set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        if let socket = request.unixSocket { try easy.set(CURLOPT_UNIX_SOCKET_PATH, socket) }
        if let address = request.address {
            let host = address.utf8.contains(UInt8(ascii: ":")) ? "[\(address)]" : address
            try easy.set(CURLOPT_CONNECT_TO, ["::\(host):"])
        }
        try easy.set(CURLOPT_CONNECTTIMEOUT_MS, max(1, request.limits.connect.milliseconds))
    }

    private func setRequest(_ easy: EasyHandle) throws(HTTPFailure) {
        let request = order.request
        let method = request.method
        if method == "HEAD" {
            try easy.set(CURLOPT_NOBODY, 1)
        } else if !request.body.isEmpty || ["POST", "PUT", "PATCH"].contains(method) {
            try easy.set(CURLOPT_POST, 1)
            try easy.set(CURLOPT_POSTFIELDSIZE_LARGE, size: request.body.count)
            try easy.check(
                request.body.withUnsafeBytes { clibcurl_set_body(easy.pointer, $0.baseAddress) },
                CURLOPT_COPYPOSTFIELDS)
            try easy.set(CURLOPT_CUSTOMREQUEST, method)
        } else {
            try easy.set(CURLOPT_HTTPGET, 1)
            try easy.set(CURLOPT_CUSTOMREQUEST, method)
        }
        var lines = request.headers.map { name, value in
            value.reveal().isEmpty ? "\(name);" : "\(name): \(value.reveal())"
        }
        // What libcurl would add by itself: a form's type, and a second's wait before a large body.
        if !request.headers.keys.contains(where: { $0.lowercased() == "content-type" }) {
            lines.append("Content-Type:")
        }
        lines.append("Expect:")
        try easy.set(CURLOPT_HTTPHEADER, lines)
        if !order.isStream { try easy.set(CURLOPT_MAXFILESIZE_LARGE, size: request.mostBytes) }
    }

    private func setTLS(_ easy: EasyHandle) throws(HTTPFailure) {
        try easy.set(CURLOPT_SSL_VERIFYPEER, 1)
        try easy.set(CURLOPT_SSL_VERIFYHOST, 2)
        try easy.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        guard let tls = order.request.tls else { return }
        if let authority = tls.authority {
            try easy.set(CURLOPT_CAINFO, authority)
            // Else the system's own authorities would do as well.
            try easy.set(CURLOPT_CAPATH, nil as String?)
        }
        if let certificate = tls.certificate { try easy.set(CURLOPT_SSLCERT, certificate) }
        if let key = tls.key { try easy.set(CURLOPT_SSLKEY, key) }
        // A key with a passphrase is an error; without this OpenSSL would ask for it on the terminal, and wait.
        try easy.set(CURLOPT_KEYPASSWD, "")
    }

    private func setCallbacks(_ easy: EasyHandle, _ context: UnsafeMutableRawPointer) throws(HTTPFailure) {
        try easy.check(clibcurl_on_header(easy.pointer, Self.onHeader, context), CURLOPT_HEADERFUNCTION)
        try easy.check(clibcurl_on_body(easy.pointer, Self.onBody, context), CURLOPT_WRITEFUNCTION)
        try easy.check(clibcurl_before_request(easy.pointer, Self.onRequest, context), CURLOPT_PREREQFUNCTION)
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    private static let onHeader: clibcurl_data_function = { data, size, count, context in
        let line = UnsafeRawBufferPointer(start: data, count: size * count)
        return Transfer.of(context)?.takeHead(line) == true ? line.count : 0
    }

    private static let onBody: clibcurl_data_function = { data, size, count, context in
        let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
        switch Transfer.of(context)?.takeBody(bytes) {
        case .all: return bytes.count
        case .later: return Int(CURL_WRITEFUNC_PAUSE)
        // Any other number than that of the bytes ends the transfer; there may be none to refuse.
        case .refused, nil: return bytes.count + 1
        }
    }

    private static let onRequest: clibcurl_before_request_function = { context, _, _, _, _ in
        Transfer.of(context)?.mayBeSent() == true ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
    }
}

extension Duration {
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(clamping: seconds).multipliedClamping(by: 1000) + Int(attoseconds / 1_000_000_000_000_000)
    }
}

extension Int {
    fileprivate func multipliedClamping(by factor: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? (self < 0 ? .min : .max - 1000) : product
    }
}
