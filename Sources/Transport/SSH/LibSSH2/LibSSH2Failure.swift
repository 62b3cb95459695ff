import CLibSSH2
import Glibc

/// What libssh2 reports.
struct LibSSH2Failure: Error, CustomStringConvertible {
    let code: Int32
    let words: String
    /// `errno` of the socket, 0 where the other side ended it; `nil` where it is in order.
    let ending: Int32?

    var mustWait: Bool { code == LIBSSH2_ERROR_EAGAIN }

    /// Whether the connection cannot be used any more.
    var isLoss: Bool {
        if ending != nil { return true }
        switch code {
        case LIBSSH2_ERROR_SOCKET_SEND, LIBSSH2_ERROR_SOCKET_RECV, LIBSSH2_ERROR_SOCKET_DISCONNECT,
            LIBSSH2_ERROR_SOCKET_NONE, LIBSSH2_ERROR_SOCKET_TIMEOUT, LIBSSH2_ERROR_BAD_SOCKET, LIBSSH2_ERROR_PROTO,
            LIBSSH2_ERROR_DECRYPT, LIBSSH2_ERROR_ENCRYPT, LIBSSH2_ERROR_INVALID_MAC, LIBSSH2_ERROR_OUT_OF_BOUNDARY,
            LIBSSH2_ERROR_KEX_FAILURE, LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE, LIBSSH2_ERROR_ALLOC,
            LIBSSH2_ERROR_HOSTKEY_SIGN, LIBSSH2_ERROR_HOSTKEY_INIT, LIBSSH2_ERROR_BANNER_RECV,
            LIBSSH2_ERROR_BANNER_SEND:
            return true
        default:
            return false
        }
    }

    /// Whether the server does not want a key; else it is the key that is of no use.
    var isRefusalOfKey: Bool {
        switch code {
        case LIBSSH2_ERROR_AUTHENTICATION_FAILED: true
        case LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED: !words.contains("Callback")
        default: false
        }
    }

    var isProhibited: Bool {
        code == LIBSSH2_ERROR_CHANNEL_FAILURE && words.contains("administratively prohibited")
    }

    var description: String {
        switch ending {
        case 0: return "the other side closed the connection"
        case let number?: return String(cString: strerror(number))
        case nil: return words.isEmpty ? "libssh2 error \(code)" : words
        }
    }
}
