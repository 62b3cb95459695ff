import CLibVirt
public import MultipleSpawner

extension LibvirtProvider {
    public func examine() async -> [Finding] {
        let subject = "libvirt: \(name.excerpt)"
        do {
            return try await host.ask("the examination", within: .seconds(20)) { [self] connection in
                var findings = [
                    Finding(
                        .ok, subject,
                        "libvirt \(Self.version) answers at \(settings.uri.excerpt), which is \(connection.hostName.excerpt)"
                    )
                ]
                let options = try LibvirtMachineOptions(settings.machine)
                findings.append(examineType(options, connection, subject))
                findings += try examinePool(options, connection, subject)
                findings += try examineNetworks(options, connection, subject)
                return findings
            } + [examineTemplate(subject)].compactMap(\.self)
        } catch {
            return [Finding(.failed, subject, SpawnError(wrapping: error, "it cannot be asked").message)]
        }
    }

    private static var version: String {
        let version = clibvirt_version()
        return "\(version / 1_000_000).\(version / 1000 % 1000).\(version % 1000)"
    }

    private func examineType(
        _ options: LibvirtMachineOptions, _ connection: LibvirtConnection, _ subject: String
    ) -> Finding {
        if let type = options.type, type == .qemu || connection.offers(type, options.architecture) {
            return Finding(.ok, subject, "machines are of the type \(type.rawValue)")
        }
        if connection.offers(.kvm, options.architecture) {
            return Finding(.ok, subject, "machines are of the type kvm")
        }
        return Finding(
            options.type == .kvm ? .failed : .warning, subject,
            "the host has no kvm: machines are slow; switch virtualization on in its firmware, or set 'domain_type' to qemu"
        )
    }

    private func examinePool(
        _ options: LibvirtMachineOptions, _ connection: LibvirtConnection, _ subject: String
    ) throws -> [Finding] {
        guard let pool = try LibvirtPool.find(settings.pool, at: connection) else {
            let place = settings.poolDirectory.map { "it is made at the first start, in '\($0.excerpt)'" }
            return [
                Finding(
                    place == nil ? .failed : .ok, subject,
                    "there is no storage pool '\(settings.pool.excerpt)'; "
                        + (place ?? "make it with virsh pool-define-as, or set 'pool_path'"))
            ]
        }
        let room = MemorySize.text(try pool.freeSpace())
        var findings = [Finding(.ok, subject, "the pool '\(settings.pool.excerpt)' has \(room) free")]
        guard let image = options.image.map({ settings.images[$0] ?? $0 }) else {
            return findings + [Finding(.ok, subject, "the image is left to the templates")]
        }
        if image.hasPrefix("/") {
            // Only libvirt's own host could say whether it is there, and it says so of volumes alone.
            findings.append(Finding(.ok, subject, "the image is '\(image.excerpt)' of libvirt's host"))
        } else if let path = try pool.path(of: image) {
            findings.append(Finding(.ok, subject, "the image is '\(path.excerpt)'"))
        } else {
            findings.append(
                Finding(
                    .failed, subject,
                    "there is no image '\(image.excerpt)' in the pool; put it there, and tell libvirt with virsh pool-refresh"
                ))
        }
        return findings
    }

    private func examineNetworks(
        _ options: LibvirtMachineOptions, _ connection: LibvirtConnection, _ subject: String
    ) throws -> [Finding] {
        guard options.templatePath == nil else { return [] }
        return try options.interfaces.compactMap(\.network).map { name in
            switch try connection.network(name) {
            case true?: Finding(.ok, subject, "the network '\(name.excerpt)' is up")
            case false?:
                Finding(.failed, subject, "the network '\(name.excerpt)' is down; start it with virsh net-start")
            case nil:
                Finding(
                    .failed, subject,
                    "there is no network '\(name.excerpt)'; make it with virsh net-define, or set 'network_interfaces'")
            }
        }
    }

    private func examineTemplate(_ subject: String) async -> Finding? {
        do throws(SpawnError) {
            guard try await template(try LibvirtMachineOptions(settings.machine)) != nil else { return nil }
            return Finding(.ok, subject, "the template of machines can be filled")
        } catch {
            return Finding(.failed, subject, error.message)
        }
    }
}
