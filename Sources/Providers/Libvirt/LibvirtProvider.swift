public import MultipleSpawner
import Transport

/// Machines of libvirt: one for each token, with a disk of its own over the image.
///
/// The machine's id at libvirt is made of the token, so a machine that is asked for again is found, and one that is defined
/// again is the same. Its disks are volumes of a pool, named after the token: they are made and removed through libvirt, so
/// it may be on another host.
public struct LibvirtProvider: Provider {
    public static let kind: ProviderKind = "libvirt_provider"
    public static let options = LibvirtOptions.shape
    public static let machineOptions = ObjectShape(LibvirtMachineOptions.fields)

    /// An entry that says nothing is the original's: its templates name their machines themselves.
    public static func givesMachines(_ options: JSONValue) -> Bool { options.objectValue?.isEmpty == false }

    let name: String
    let site: CloudSite
    let settings: LibvirtOptions
    let hostKeys: HostKeys
    let hosts = LibvirtHosts()
    let turns = MachineTurns()
    let lastAvailability = LibvirtAvailability()

    /// - Parameters:
    ///   - name: of the entry, for messages.
    ///   - options: of the entry, as the file has them.
    /// - Throws: `invalid_request` for options that cannot be.
    public init(name: String, options: JSONValue, site: CloudSite) throws(SpawnError) {
        self.name = name
        self.site = site
        settings = try LibvirtOptions(options)
        hostKeys = HostKeys(stateDirectory: site.stateDirectory)
    }

    /// The libvirt that new machines are made at.
    var host: LibvirtHost { hosts[settings.uri] }

    public func acquire(_ wanted: MachineRequest, checkpoint: LeaseCheckpoint) async throws -> Machine {
        let deadline = ContinuousClock.now + wanted.startTimeout
        let options = try settings.machine(with: wanted.options)
        guard wanted.resources.gpu <= options.gpu else {
            throw SpawnError(
                .invalidRequest,
                "\(wanted.resources.gpu) GPUs are asked for, and machines of '\(name.excerpt)' have \(options.gpu); ask for "
                    + "fewer, or write a 'template_path' with hostdev elements and say 'gpu'")
        }
        let image = try options.requiredImage()
        let hostKey = options.managesHostKey ? try await hostKeys.key(for: wanted.token) : nil
        let acquisition = LibvirtAcquisition(
            wanted: wanted, options: options, settings: settings, image: image, template: try await template(options),
            hostKey: hostKey, host: host, turns: turns, deadline: deadline, checkpoint: checkpoint)
        let address = try await acquisition.run()
        return Machine(
            address: MachineAddress(host: address, port: options.port), name: acquisition.name,
            account: options.account,
            hostKeys: hostKey.map { ["\($0.publicKey)"] } ?? [],
            details: ["machine_id": wanted.token.uuid, "machine_image": image])
    }

    func template(_ options: LibvirtMachineOptions) async throws(SpawnError) -> LibvirtTemplate? {
        guard let path = options.templatePath.map({ PlainFile.expand($0, site.environment) }) else { return nil }
        guard let bytes = try await PlainFile.read(path) else {
            throw SpawnError(.invalidRequest, "there is no file '\(path.excerpt)'; put the machine's XML there")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SpawnError(.invalidRequest, "'\(path.excerpt)' is no text in UTF-8; write it so")
        }
        return try LibvirtTemplate(text, path: path)
    }
}
