import CLibVirt
import Glibc
import MultipleSpawner

/// A machine that libvirt knows. It is used by the thread that found it, and by no other.
final class LibvirtDomain {
    /// libvirt's numbers, in their order.
    enum State: Int32, Sendable {
        case none, running, blocked, paused, shuttingDown, off, crashed, suspended

        /// Whether it has processes.
        var isActive: Bool { self != .off && self != .crashed }
    }

    /// Who knows a machine's addresses; libvirt's numbers, in their order.
    enum AddressSource: UInt32, Sendable, CaseIterable {
        case lease, agent, arp
    }

    let connection: LibvirtConnection
    private let pointer: OpaquePointer

    private init(_ pointer: OpaquePointer, of connection: LibvirtConnection) {
        self.pointer = pointer
        self.connection = connection
    }

    deinit {
        _ = clibvirt_virDomainFree(pointer)
    }

    /// The machine with this id; `nil` only where libvirt says that there is none.
    static func find(_ uuid: String, at connection: LibvirtConnection) throws(LibvirtFault) -> LibvirtDomain? {
        guard let found = clibvirt_virDomainLookupByUUIDString(connection.pointer, uuid) else {
            let fault = LibvirtFault.last
            guard fault.kind == .notFound else { throw fault }
            return nil
        }
        return LibvirtDomain(found, of: connection)
    }

    /// Makes the machine known, switched off; one with the same id and name is changed to this.
    static func define(_ xml: String, at connection: LibvirtConnection) throws(LibvirtFault) -> LibvirtDomain {
        guard let made = clibvirt_virDomainDefineXML(connection.pointer, xml) else { throw .last }
        return LibvirtDomain(made, of: connection)
    }

    /// All machines, whosesoever.
    static func all(at connection: LibvirtConnection) throws(LibvirtFault) -> [LibvirtDomain] {
        var list: UnsafeMutablePointer<OpaquePointer?>?
        let count = clibvirt_virConnectListAllDomains(connection.pointer, &list, 0)
        guard count >= 0, let list else { throw .last }
        defer { free(list) }
        return (0..<Int(count)).compactMap { list[$0].map { LibvirtDomain($0, of: connection) } }
    }

    var name: String { clibvirt_virDomainGetName(pointer).map { String(cString: $0) } ?? "" }

    var uuid: String {
        var buffer = [CChar](repeating: 0, count: 37)
        guard clibvirt_virDomainGetUUIDString(pointer, &buffer) == 0 else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func state() throws(LibvirtFault) -> State {
        var state: Int32 = 0
        guard clibvirt_virDomainGetState(pointer, &state, nil, 0) == 0 else { throw .last }
        return State(rawValue: state) ?? .none
    }

    func start() throws(LibvirtFault) {
        guard clibvirt_virDomainCreate(pointer) == 0 else { throw .last }
    }

    func resume() throws(LibvirtFault) {
        guard clibvirt_virDomainResume(pointer) == 0 else { throw .last }
    }

    /// Asks its system to end, as its power button does.
    func askToEnd() throws(LibvirtFault) {
        guard clibvirt_virDomainShutdown(pointer) == 0 else { throw .last }
    }

    /// Takes its power. One that is off stays so.
    func cutPower() throws(LibvirtFault) {
        guard clibvirt_virDomainDestroyFlags(pointer, 0) != 0 else { return }
        let fault = LibvirtFault.last
        guard fault.kind == .wrongState, try !state().isActive else { throw fault }
    }

    /// Has libvirt forget the machine with what libvirt keeps of it: saved memory, snapshots, the firmware's variables.
    func undefine() throws(LibvirtFault) {
        let (save, snapshots, firmware, checkpoints, chip): (UInt32, UInt32, UInt32, UInt32, UInt32) = (1, 2, 4, 16, 32)
        // A library or a driver refuses flags that are new to it.
        for flags in [
            save | snapshots | firmware | checkpoints | chip, save | snapshots | firmware | checkpoints,
            save | snapshots | firmware, save | snapshots,
        ] {
            guard clibvirt_virDomainUndefineFlags(pointer, flags) != 0 else { return }
            let fault = LibvirtFault.last
            guard fault.kind == .invalid || fault.kind == .unsupported else { throw fault }
        }
        guard clibvirt_virDomainUndefineFlags(pointer, 0) == 0 else { throw .last }
    }

    // MARK: What it carries

    private static let element: Int32 = 2

    /// Our element in its metadata; `nil` where there is none.
    func metadata() throws(LibvirtFault) -> String? {
        let text = clibvirt_virDomainGetMetadata(pointer, Self.element, LibvirtMetadata.namespace, 0)
        if let text = LibvirtConnection.take(text) { return text }
        let fault = LibvirtFault.last
        // Without such an element, and also where the machine went away meanwhile.
        guard fault.code == 80 || fault.kind == .notFound else { throw fault }
        return nil
    }

    /// - Parameter text: the element, which has no prefix.
    func setMetadata(_ text: String) throws(LibvirtFault) {
        // In what is running, and in what is started next time.
        let flags: UInt32 = try state().isActive ? 3 : 2
        let result = clibvirt_virDomainSetMetadata(
            pointer, Self.element, text, LibvirtMetadata.prefix, LibvirtMetadata.namespace, flags)
        guard result == 0 else { throw .last }
    }

    // MARK: Where it is

    /// What this source knows of its addresses; none where it knows none yet.
    func addresses(from source: AddressSource) throws(LibvirtFault) -> [LibvirtAddress] {
        var list: UnsafeMutablePointer<UnsafeMutablePointer<clibvirt_interface>?>?
        let count = clibvirt_virDomainInterfaceAddresses(pointer, &list, source.rawValue, 0)
        guard count >= 0 else { throw .last }
        guard let list else { return [] }
        defer { free(list) }
        var found: [LibvirtAddress] = []
        for number in 0..<Int(count) {
            guard let interface = list[number] else { continue }
            defer { clibvirt_virDomainInterfaceFree(interface) }
            let hardware = interface.pointee.hardware_address.map { String(cString: $0) } ?? ""
            let name = interface.pointee.name.map { String(cString: $0) } ?? ""
            for index in 0..<Int(interface.pointee.address_count) {
                guard let text = interface.pointee.addresses[index].address else { continue }
                found.append(
                    LibvirtAddress(text: String(cString: text), hardware: hardware.lowercased(), interface: name))
            }
        }
        return found
    }
}
