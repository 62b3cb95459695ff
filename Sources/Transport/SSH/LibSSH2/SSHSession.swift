import CLibSSH2
import Glibc

/// One libssh2 session with its socket.
///
/// It is `@unchecked Sendable` because one thread at a time has it: the thread of the login makes it and lets go of it
/// when it posts it to the inbox, under whose lock the thread of the loop takes it over.
final class SSHSession: @unchecked Sendable {
    let pointer: OpaquePointer
    let wire: SSHWire

    private static let isLibraryReady = libssh2_init(0) == 0

    /// `nil` where the library has no memory.
    init?(_ socket: consuming OpenSocket) {
        let wire = SSHWire(socket)
        guard Self.isLibraryReady,
            let pointer = libssh2_session_init_ex(nil, nil, nil, Unmanaged.passUnretained(wire).toOpaque())
        else { return nil }
        self.wire = wire
        self.pointer = pointer
        libssh2_session_set_blocking(pointer, 0)
        SSHWire.attach(to: pointer)
    }

    deinit {
        wire.cut()
        // A session without a wire waits for nothing; the bound is there for a library that would.
        var tries = 0
        while libssh2_session_free(pointer) == LIBSSH2_ERROR_EAGAIN, tries < 1000 { tries += 1 }
    }

    /// What the library said last.
    var failure: LibSSH2Failure {
        var words: UnsafeMutablePointer<CChar>?
        let code = libssh2_session_last_error(pointer, &words, nil, 0)
        return LibSSH2Failure(code: code, words: words.map { String(cString: $0) } ?? "", ending: wire.ending)
    }

    /// Says goodbye, as far as the socket takes it.
    func disconnect() {
        _ = libssh2_session_disconnect_ex(pointer, SSH_DISCONNECT_BY_APPLICATION, "", "")
        wire.flush()
    }
}
