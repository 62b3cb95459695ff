import CLibVirt
import MultipleSpawner

/// A place where libvirt keeps disks. It is used by the thread that found it, and by no other.
final class LibvirtPool {
    let connection: LibvirtConnection
    private let pointer: OpaquePointer

    private init(_ pointer: OpaquePointer, of connection: LibvirtConnection) {
        self.pointer = pointer
        self.connection = connection
    }

    deinit {
        _ = clibvirt_virStoragePoolFree(pointer)
    }

    /// The pool of that name, switched on where it is off; `nil` only where libvirt says that there is none.
    static func find(_ name: String, at connection: LibvirtConnection) throws(LibvirtFault) -> LibvirtPool? {
        guard let found = clibvirt_virStoragePoolLookupByName(connection.pointer, name) else {
            let fault = LibvirtFault.last
            guard fault.kind == .notFound else { throw fault }
            return nil
        }
        let pool = LibvirtPool(found, of: connection)
        try pool.open()
        return pool
    }

    /// Makes a pool of a directory of the host, which is made too.
    static func make(
        _ name: String, directory: String, at connection: LibvirtConnection
    ) throws -> LibvirtPool {
        let xml = XMLNode(
            "pool", ["type": "dir"],
            [XMLNode("name", text: name), XMLNode("target", [XMLNode("path", text: directory)])])
        guard let made = clibvirt_virStoragePoolDefineXML(connection.pointer, try xml.text(), 0) else {
            let fault = LibvirtFault.last
            // Somebody else was quicker.
            if let known = try find(name, at: connection) { return known }
            throw fault
        }
        let pool = LibvirtPool(made, of: connection)
        // A directory that is there is taken as it is.
        _ = clibvirt_virStoragePoolBuild(made, 0)
        try pool.open()
        _ = clibvirt_virStoragePoolSetAutostart(made, 1)
        return pool
    }

    private func open() throws(LibvirtFault) {
        guard clibvirt_virStoragePoolIsActive(pointer) == 0 else { return }
        guard clibvirt_virStoragePoolCreate(pointer, 0) != 0 else { return }
        let fault = LibvirtFault.last
        guard clibvirt_virStoragePoolIsActive(pointer) == 1 else { throw fault }
    }

    /// How much room is left, in bytes.
    func freeSpace() throws(LibvirtFault) -> Int {
        var info = clibvirt_pool_info()
        guard clibvirt_virStoragePoolGetInfo(pointer, &info) == 0 else { throw .last }
        return Int(clamping: info.available)
    }

    /// The path of a volume; `nil` where there is none of that name.
    func path(of volume: String) throws(LibvirtFault) -> String? {
        guard let found = try find(volume) else { return nil }
        return try found.path()
    }

    /// Makes a volume.
    func make(_ xml: String) throws(LibvirtFault) -> LibvirtVolume {
        guard let made = clibvirt_virStorageVolCreateXML(pointer, xml, 0) else { throw .last }
        return LibvirtVolume(made, of: self)
    }

    /// Removes a volume. One that is not there is no error.
    func remove(_ volume: String) throws(LibvirtFault) {
        guard let found = try find(volume) else { return }
        do {
            try found.delete()
        } catch {
            // Its file may have been taken away behind libvirt's back.
            guard clibvirt_virStoragePoolRefresh(pointer, 0) == 0, try find(volume) == nil else { throw error }
        }
    }

    private func find(_ volume: String) throws(LibvirtFault) -> LibvirtVolume? {
        guard let found = clibvirt_virStorageVolLookupByName(pointer, volume) else {
            let fault = LibvirtFault.last
            guard fault.kind == .notFound else { throw fault }
            return nil
        }
        return LibvirtVolume(found, of: self)
    }
}
