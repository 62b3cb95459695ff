import Synchronization

/// The libvirts that a provider's machines are at: the one of today's file, and those of older leases.
final class LibvirtHosts: Sendable {
    private let hosts = Mutex<[String: LibvirtHost]>([:])

    subscript(uri: String) -> LibvirtHost {
        hosts.withLock { hosts in
            if let known = hosts[uri] { return known }
            let host = LibvirtHost(uri)
            hosts[uri] = host
            return host
        }
    }
}
