import CLibVirt
import Glibc

/// A disk in a pool. It is used by the thread that found it, and by no other.
final class LibvirtVolume {
    private let pool: LibvirtPool
    private let pointer: OpaquePointer

    init(_ pointer: OpaquePointer, of pool: LibvirtPool) {
        self.pointer = pointer
        self.pool = pool
    }

    deinit {
        _ = clibvirt_virStorageVolFree(pointer)
    }

    /// Where it is on the host.
    func path() throws(LibvirtFault) -> String {
        guard let path = LibvirtConnection.take(clibvirt_virStorageVolGetPath(pointer)) else { throw .last }
        return path
    }

    func delete() throws(LibvirtFault) {
        guard clibvirt_virStorageVolDelete(pointer, 0) == 0 else { throw .last }
    }

    /// Writes its content, from its beginning.
    func write(_ bytes: [UInt8]) throws(LibvirtFault) {
        guard let stream = clibvirt_virStreamNew(pool.connection.pointer, 0) else { throw .last }
        defer { _ = clibvirt_virStreamFree(stream) }
        guard clibvirt_virStorageVolUpload(pointer, stream, 0, UInt64(bytes.count), 0) == 0 else { throw .last }
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { rest in
                clibvirt_virStreamSend(
                    stream, rest.baseAddress?.assumingMemoryBound(to: CChar.self), min(rest.count, 65536))
            }
            guard count > 0 else {
                let fault = LibvirtFault.last
                _ = clibvirt_virStreamAbort(stream)
                throw fault
            }
            sent += Int(count)
        }
        guard clibvirt_virStreamFinish(stream) == 0 else { throw .last }
    }
}
