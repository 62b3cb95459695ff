import CLibVirt
import MultipleSpawner

/// What libvirt said instead of doing what it was asked for.
struct LibvirtFault: Error, Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// The library is not there.
        case missing
        /// There is no way to libvirt, or it was cut: whether it was heard is not known.
        case lost
        case unauthorized
        case forbidden
        case notFound
        /// It does not go with the state that the thing is in.
        case wrongState
        /// This kind of libvirt's driver cannot do it.
        case unsupported
        /// What was asked for cannot be.
        case invalid
        case noMemory
        case refused
    }

    var kind: Kind
    /// libvirt's own number for it.
    let code: Int32
    /// libvirt's own words, in one line.
    let message: String

    init(_ kind: Kind, code: Int32 = 0, _ message: String) {
        self.kind = kind
        self.code = code
        self.message = message.cloudLine
    }

    /// What the call before, of this thread, failed with.
    static var last: LibvirtFault {
        let code = clibvirt_virGetLastErrorCode()
        let message = clibvirt_virGetLastErrorMessage().map { String(cString: $0) } ?? ""
        let kind: Kind =
            switch code {
            // The names of libvirt's numbers stand beside them.
            case 5, 6: .lost  // NO_CONNECT, INVALID_CONN
            // SYSTEM_ERROR, RPC, GNUTLS_ERROR
            case 38 where isOfConnection, 39 where isOfConnection, 40 where isOfConnection: .lost
            case 45, 79, 94: .unauthorized  // AUTH_FAILED, AUTH_CANCELLED, AUTH_UNAVAILABLE
            case 29, 88: .forbidden  // OPERATION_DENIED, ACCESS_DENIED
            case 42, 43, 49, 50: .notFound  // NO_DOMAIN, NO_NETWORK, NO_STORAGE_POOL, NO_STORAGE_VOL
            case 55, 87: .wrongState  // OPERATION_INVALID, RESOURCE_BUSY
            case 3, 74, 84: .unsupported  // NO_SUPPORT, ARGUMENT_UNSUPPORTED, OPERATION_UNSUPPORTED
            case 8, 27, 35, 67, 82, 92: .invalid  // INVALID_ARG, XML_*, CONFIG_UNSUPPORTED, OVERFLOW
            case 2: .noMemory  // NO_MEMORY
            default:
                // QEMU's own words.
                message.contains("Cannot allocate memory") || message.contains("cannot set up guest memory")
                    ? .noMemory : .refused
            }
        return LibvirtFault(kind, code: code, message)
    }

    /// Whether it came from the way to libvirt, and not from libvirt: its domains `rpc` and `remote`.
    private static var isOfConnection: Bool { [7, 13].contains(clibvirt_virGetLastErrorDomain()) }

    /// As an error that a person can act on.
    ///
    /// - Parameter doing: what was asked of whom: `starting 'hub-alice' at qemu:///system`.
    func error(_ doing: String) -> SpawnError {
        switch kind {
        case .missing:
            SpawnError(
                .unsupported,
                "\(doing) needs libvirt's library, which cannot be loaded; install it (Debian: libvirt0) (\(message))")
        case .lost:
            SpawnError(
                .unavailable,
                "\(doing) got no answer: libvirt is not reached; start it, and look at 'open_uri' (\(message))")
        case .unauthorized:
            SpawnError(
                .unauthorized,
                "\(doing) was refused: libvirt does not let our account in; put it into the group libvirt (\(message))")
        case .forbidden:
            SpawnError(.forbidden, "\(doing) was refused: give our account the permission for it (\(message))")
        case .noMemory:
            SpawnError(.overCapacity, "\(doing) found too little memory; try later, or ask for less (\(message))")
        case .unsupported:
            SpawnError(.unsupported, "\(doing) is not possible there (\(message))")
        case .invalid, .notFound, .wrongState, .refused:
            SpawnError(.backendFailed, "\(doing) failed (\(message))")
        }
    }
}

extension LibvirtFault: CustomStringConvertible {
    var description: String { "libvirt \(code): \(message)" }
}
