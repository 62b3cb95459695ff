public import MultipleSpawner
import Transport

/// Machines of Oracle's cloud: one for each token.
///
/// The token of the machine is the retry token of its request, so a request whose answer was lost is made again and makes
/// nothing new; and it is a tag of the machine, by which it is found when nothing else is known of it.
public struct OCIProvider: Provider {
    public static let kind: ProviderKind = "oci"
    public static let options = OCIOptions.shape
    public static let machineOptions = ObjectShape(OCIMachineOptions.fields)

    let name: String
    let site: CloudSite
    let settings: OCIOptions
    let identities: OCIIdentitySource
    let shapes = OCIShapes()
    let network = OCINetwork()
    let hostKeys: HostKeys

    /// - Parameters:
    ///   - name: of the entry, for messages.
    ///   - options: of the entry, as the file has them.
    /// - Throws: `invalid_request` for options that cannot be.
    public init(name: String, options: JSONValue, site: CloudSite) throws(SpawnError) {
        self.name = name
        self.site = site
        settings = try OCIOptions(options, environment: site.environment)
        identities = OCIIdentitySource(
            file: settings.configurationFile, profile: settings.profile, environment: site.environment)
        hostKeys = HostKeys(stateDirectory: site.stateDirectory)
    }

    public func acquire(_ wanted: MachineRequest, checkpoint: LeaseCheckpoint) async throws -> Machine {
        let deadline = ContinuousClock.now + wanted.startTimeout
        let options = try settings.machine(with: wanted.options)
        let client = try await client()
        return try await told("a machine of '\(name.excerpt)'") {
            let host = options.managesHostKey ? try await hostKeys.key(for: wanted.token) : nil
            let acquisition = OCIAcquisition(
                provider: self, client: client, wanted: wanted, options: options, hostKey: host, deadline: deadline,
                checkpoint: checkpoint)
            let ready = try await acquisition.run()
            return machine(ready, options, host)
        }
    }

    private func machine(_ ready: OCIAcquisition.Ready, _ options: OCIMachineOptions, _ hostKey: SSHKeyPair?) -> Machine
    {
        let instance = ready.instance
        var details = [
            "machine_id": instance.id, "machine_type": instance.shape, "machine_zone": instance.domain,
        ]
        details["machine_public_address"] = ready.publicAddress
        details["machine_private_address"] = ready.privateAddress
        return Machine(
            address: MachineAddress(host: ready.address, port: options.port),
            name: "\(instance.name.excerpt) (\(instance.shape.excerpt))", account: options.loginAccount,
            hostKeys: hostKey.map { ["\($0.publicKey)"] } ?? [], details: details)
    }

    // MARK: Talking to the cloud

    /// Where new machines are made.
    func client() async throws -> OCIClient {
        let identity = try await identities.current()
        guard let region = settings.region ?? identity.region else {
            throw SpawnError(
                .invalidRequest,
                "no region is known for '\(name.excerpt)'; set 'region' in providers.json or in Oracle's configuration")
        }
        return client(
            try OCIPlace(region: region, endpoint: settings.endpoint), settings.compartment ?? identity.tenancy)
    }

    /// Where the machine of a lease was made, whatever the file says today.
    func client(for lease: CloudLease) throws(SpawnError) -> OCIClient {
        guard let compartment = lease.compartment else {
            throw SpawnError(.invalidRequest, "a lease of a machine of '\(name.excerpt)' names no compartment")
        }
        return client(try OCIPlace(region: lease.region, endpoint: lease.endpoint), compartment)
    }

    private func client(_ place: OCIPlace, _ compartment: String) -> OCIClient {
        OCIClient(
            place: place, compartment: compartment, identities: identities,
            link: CloudLink(http: site.http, pace: site.pace),
            tls: settings.authorityFile.map { TLSFiles(authority: $0) }, usesProxy: settings.usesProxy)
    }

    /// Tells what the cloud refuses in words for people.
    func told<Value>(_ what: String, _ work: () async throws -> Value) async throws -> Value {
        do {
            return try await work()
        } catch let fault as CloudFault {
            guard fault.kind == .notFound else { throw fault.error(what) }
            throw SpawnError(
                .backendFailed,
                "\(what) failed: something that is named is not there, or our account may not see it (\(fault.message))"
            )
        }
    }
}
