import CLibVirt
import MultipleSpawner
import Testing
import Transport

@testable import Providers

/// libvirt's own driver for tests: all of libvirt but for a machine, in the process of whoever asks. The machines of one
/// test are told from those of another by their installation.
enum Libvirt {
    static let uri = "test:///default"

    static let lack = "there is no libvirt.so.0: apt-get install libvirt0"

    /// What an entry says; there is nobody who would take what cloud-init is told.
    static let options: [String: JSONValue] = [
        "open_uri": .string(uri), "pool": "default-pool", "image": "/srv/debian.qcow2", "disk": 1, "seed": false,
        "cpu_architecture": "i686",
    ]

    static func provider(
        _ options: [String: JSONValue] = [:], state: String = "/nowhere", installation: String = "test"
    ) throws -> LibvirtProvider {
        if let reason = clibvirt_load() { try #require(Bool(false), "\(lack) (\(String(cString: reason)))") }
        let site = CloudSite(
            installation: installation, stateDirectory: state, environment: [:], http: HTTPClient())
        return try LibvirtProvider(
            name: "libvirt", options: .object(Self.options.merging(options) { $1 }), site: site)
    }

    /// The state of the machine with this token; `nil` where there is none.
    static func state(_ token: MachineToken) throws -> LibvirtDomain.State? {
        try LibvirtDomain.find(token.uuid, at: LibvirtConnection(uri))?.state()
    }

    /// Whether a volume of the machine is there.
    static func hasDisk(_ token: MachineToken) throws -> Bool {
        let pool = try #require(try LibvirtPool.find("default-pool", at: LibvirtConnection(uri)))
        return try pool.path(of: token.diskVolume) != nil || pool.path(of: token.seedVolume) != nil
    }
}

extension MachineRequest {
    /// What Alice wants of a host that has 3 GB.
    static func small(
        _ options: JSONValue = [:], token: MachineToken = MachineToken(), user: String = "alice",
        installation: String = "test", keys: [String] = [MachineRequest.key]
    ) throws -> MachineRequest {
        try .test(
            options, token: token, user: user, installation: installation,
            resources: ResourceSpecification(memory: 64 << 20, cpu: 1.5), keys: keys)
    }
}
