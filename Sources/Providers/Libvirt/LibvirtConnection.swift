import CLibVirt
import Glibc
import MultipleSpawner

/// A connection to libvirt. Its calls wait for their answers: they are for threads of their own (`LibvirtHost`).
///
/// Unchecked: the pointer never changes, and libvirt lets any number of threads use one connection at once.
final class LibvirtConnection: @unchecked Sendable {
    let pointer: OpaquePointer

    /// - Throws: a fault of the kind `missing` where there is no such library on this machine.
    init(_ uri: String) throws(LibvirtFault) {
        if let reason = clibvirt_load() { throw LibvirtFault(.missing, String(cString: reason)) }
        guard let opened = clibvirt_virConnectOpen(uri) else {
            var fault = LibvirtFault.last
            // What is not let in is told as such; all else has no way there.
            if ![.unauthorized, .forbidden, .unsupported].contains(fault.kind) { fault.kind = .lost }
            throw fault
        }
        pointer = opened
        // A machine that went away without a word is noticed after half a minute. Local drivers have no such thing.
        _ = clibvirt_virConnectSetKeepAlive(opened, 5, 6)
    }

    deinit {
        _ = clibvirt_virConnectClose(pointer)
    }

    var isAlive: Bool { clibvirt_virConnectIsAlive(pointer) == 1 }

    /// What the machine at the other end calls itself.
    var hostName: String { Self.take(clibvirt_virConnectGetHostname(pointer)) ?? "a machine without a name" }

    /// Whether guests of this kind can be started there.
    func offers(_ type: LibvirtMachineOptions.Virtualization, _ architecture: String?) -> Bool {
        Self.take(clibvirt_virConnectGetDomainCapabilities(pointer, nil, architecture, nil, type.rawValue, 0)) != nil
    }

    /// What its CPU is, `x86_64`; its cores, and all its memory in bytes.
    func size() throws(LibvirtFault) -> (architecture: String, cores: Int, memory: Int) {
        var info = clibvirt_node_info()
        guard clibvirt_virNodeGetInfo(pointer, &info) == 0 else { throw .last }
        return (Self.text(of: info.model), Int(info.cpus), Int(clamping: UInt64(info.memory) << 10))
    }

    /// How much memory could be had now, in bytes; `nil` where the driver does not tell.
    func freeMemory() -> Int? {
        var count: Int32 = 0
        guard clibvirt_virNodeGetMemoryStats(pointer, -1, nil, &count, 0) == 0, (1...64).contains(count) else {
            return nil
        }
        var stats = [clibvirt_memory_stats](repeating: clibvirt_memory_stats(), count: Int(count))
        guard clibvirt_virNodeGetMemoryStats(pointer, -1, &stats, &count, 0) == 0 else { return nil }
        var free: Int?
        for stat in stats.prefix(Int(count)) {
            let name = Self.text(of: stat.field)
            // What the kernel keeps of files it gives away when it is asked.
            guard ["free", "buffers", "cached"].contains(name) else { continue }
            free = (free ?? 0) + Int(clamping: stat.value << 10)
        }
        return free
    }

    /// Whether the network of that name is there, and up.
    func network(_ name: String) throws(LibvirtFault) -> Bool? {
        guard let network = clibvirt_virNetworkLookupByName(pointer, name) else {
            let fault = LibvirtFault.last
            guard fault.kind == .notFound else { throw fault }
            return nil
        }
        defer { _ = clibvirt_virNetworkFree(network) }
        return clibvirt_virNetworkIsActive(network) == 1
    }

    /// The text in a field of fixed length.
    private static func text<Bytes>(of field: Bytes) -> String {
        withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// The text that a function gave us, which is ours to free; `nil` for none.
    static func take(_ text: UnsafeMutablePointer<CChar>?) -> String? {
        guard let text else { return nil }
        defer { free(text) }
        return String(cString: text)
    }
}
