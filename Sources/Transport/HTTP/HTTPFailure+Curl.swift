import CLibCurl
import Glibc
import MultipleSpawner

extension HTTPFailure {
    /// What libcurl reports of a transfer that failed.
    ///
    /// - Parameters:
    ///   - text: libcurl's own words for this transfer; empty where it has none but those for the code.
    ///   - wasSent: whether any byte of the request was written to a connection.
    init(_ code: CURLcode, text: String, errorNumber: Int32, wasSent: Bool) {
        let words = text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
        var kind = Kind(code)
        var mayHaveArrived = wasSent
        // With TLS 1.3 a server looks at our certificate after we take the connection for made: its refusal is then
        // the first thing that is read. It has read nothing of the request.
        if kind == .connectionLost, Self.isCertificateAlert(words) {
            kind = .tls
            mayHaveArrived = false
        }
        // As long as it is, for the names in it are what helps; libcurl keeps it below 256 bytes.
        let line = String(String.UnicodeScalarView(words.unicodeScalars.map { $0.isControl ? " " : $0 }))
        self.init(kind, line, errorNumber: errorNumber, mayHaveArrived: mayHaveArrived)
    }

    private static func isCertificateAlert(_ words: String) -> Bool {
        guard words.contains("SSL"), words.contains("alert") else { return false }
        return ["certificate", "unknown ca", "handshake failure", "access denied"].contains { words.contains($0) }
    }
}

extension HTTPFailure.Kind {
    fileprivate init(_ code: CURLcode) {
        switch code {
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED,
            CURLE_FAILED_INIT, CURLE_OUT_OF_MEMORY, CURLE_PROXY:
            self = .cannotConnect
        case CURLE_OPERATION_TIMEDOUT:
            self = .timedOut
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_PEER_FAILED_VERIFICATION, CURLE_USE_SSL_FAILED, CURLE_SSL_ENGINE_INITFAILED,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_SHUTDOWN_FAILED, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT:
            self = .tls
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_HTTP2,
            CURLE_BAD_CONTENT_ENCODING, CURLE_BAD_FUNCTION_ARGUMENT, CURLE_LOGIN_DENIED:
            self = .malformed
        case CURLE_FILESIZE_EXCEEDED:
            self = .tooLarge
        default:
            self = .connectionLost
        }
    }
}
