import MultipleSpawner

/// Where a machine is, and whether it runs, at one moment.
struct LibvirtLook: Sendable {
    let isActive: Bool
    /// `nil` where nobody knows one yet.
    let address: String?
    /// Why a source could not be asked, where one could not.
    let reason: String?

    /// - Parameter only: the one source to ask; `nil`: each, until one knows.
    init(at connection: LibvirtConnection, _ token: MachineToken, _ only: LibvirtDomain.AddressSource?) throws {
        let domain = try LibvirtDomain.find(token.uuid, at: connection)
        let isActive = try domain?.state().isActive == true
        self.isActive = isActive
        guard let domain, isActive else {
            (address, reason) = (nil, nil)
            return
        }
        var (found, reason): (String?, String?) = (nil, nil)
        for source in only.map({ [$0] }) ?? LibvirtDomain.AddressSource.allCases where found == nil {
            do throws(LibvirtFault) {
                found = LibvirtAddress.best(of: try domain.addresses(from: source), card: token.card())
            } catch {
                // An agent that is not there yet is a fault, and so is a network that is not libvirt's own.
                if error.kind == .lost { throw error }
                reason = error.message
            }
        }
        (address, self.reason) = (found, reason)
    }
}
