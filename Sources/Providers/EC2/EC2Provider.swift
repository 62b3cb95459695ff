public import MultipleSpawner
import Transport

/// Machines of Amazon's EC2, or of another cloud with the same interface: one for each token.
///
/// The token of the machine is the client token of its request, so a request whose answer was lost is made again and
/// makes nothing new; and it is a tag of the machine, by which it is found when nothing else is known of it.
public struct EC2Provider: Provider {
    public static let kind: ProviderKind = "ec2"
    public static let options = EC2Options.shape
    public static let machineOptions = ObjectShape(EC2MachineOptions.fields)

    let name: String
    let site: CloudSite
    let settings: EC2Options
    let credentials: AWSCredentialSource
    let types = EC2Types()
    let hostKeys: HostKeys

    /// - Parameters:
    ///   - name: of the entry, for messages.
    ///   - options: of the entry, as the file has them.
    /// - Throws: `invalid_request` for options that cannot be.
    public init(name: String, options: JSONValue, site: CloudSite) throws(SpawnError) {
        self.name = name
        self.site = site
        settings = try EC2Options(options, environment: site.environment)
        credentials = AWSCredentialSource(
            profile: settings.profile, environment: site.environment, http: site.http)
        hostKeys = HostKeys(stateDirectory: site.stateDirectory)
    }

    public func acquire(_ wanted: MachineRequest, checkpoint: LeaseCheckpoint) async throws -> Machine {
        let deadline = ContinuousClock.now + wanted.startTimeout
        let options = try settings.machine(with: wanted.options)
        let client = try await client()
        return try await told("a machine of '\(name.excerpt)'") {
            let host = options.managesHostKey ? try await hostKeys.key(for: wanted.token) : nil
            let acquisition = EC2Acquisition(
                provider: self, client: client, wanted: wanted, options: options, hostKey: host, deadline: deadline,
                checkpoint: checkpoint)
            let instance = try await acquisition.run()
            return try machine(instance, options, host)
        }
    }

    private func machine(
        _ instance: EC2Instance, _ options: EC2MachineOptions, _ hostKey: SSHKeyPair?
    ) throws(SpawnError) -> Machine {
        guard let address = options.address(of: instance) else {
            throw SpawnError(.internal, "\(instance) is ready without an address")
        }
        var details = ["machine_id": instance.id, "machine_type": instance.type]
        details["machine_zone"] = instance.zone
        details["machine_public_address"] = instance.publicAddress
        details["machine_private_address"] = instance.privateAddress
        return Machine(
            address: MachineAddress(host: address, port: options.port),
            name: "\(instance.id.excerpt) (\(instance.type.excerpt))",
            account: options.account, hostKeys: hostKey.map { ["\($0.publicKey)"] } ?? [], details: details)
    }

    // MARK: Talking to EC2

    /// Where new machines are made.
    func client() async throws -> EC2Client {
        let found: String? = if let region = settings.region { region } else { try await credentials.region() }
        guard let region = found else {
            throw SpawnError(
                .invalidRequest,
                "no region is known for '\(name.excerpt)'; set 'region' in providers.json, or AWS_REGION")
        }
        return client(try EC2Place(region: region, endpoint: settings.endpoint))
    }

    /// Where the machine of a lease was made, whatever the file says today.
    func client(for lease: CloudLease) throws(SpawnError) -> EC2Client {
        client(try EC2Place(region: lease.region, endpoint: lease.endpoint))
    }

    private func client(_ place: EC2Place) -> EC2Client {
        EC2Client(
            place: place, credentials: credentials, link: CloudLink(http: site.http, pace: site.pace),
            tls: settings.authorityFile.map { TLSFiles(authority: $0) }, usesProxy: settings.usesProxy)
    }

    /// Tells what EC2 refuses in words for people.
    func told<Value>(_ what: String, _ work: () async throws -> Value) async throws -> Value {
        do {
            return try await work()
        } catch let fault as CloudFault {
            throw fault.error(what)
        }
    }
}
