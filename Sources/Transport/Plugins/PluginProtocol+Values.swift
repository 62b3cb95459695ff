public import MultipleSpawner

extension PluginProtocol {
    /// Whose it is, as every question about a session has it.
    public static func owner(_ session: SessionID, _ identity: SessionIdentity) -> [String: JSONValue] {
        [
            "session": .string(session.rawValue), "hub": .string(identity.hub), "user": .string(identity.user),
            "server": .string(identity.server),
        ]
    }

    public static func resources(_ wanted: ResourceSpecification) -> JSONValue {
        ["memory": .integer(wanted.memory), "cpu": .number(wanted.cpu), "gpu": .integer(wanted.gpu)]
    }

    /// The way in to a machine; its password is among it.
    public static func wayIn(_ credentials: Credentials) -> [String: JSONValue] {
        let texts = [
            "account": credentials.account, "key_file": credentials.keyFile, "public_key": credentials.publicKey,
            "certificate_file": credentials.certificateFile, "password": credentials.password?.reveal(),
            "known_hosts_file": credentials.knownHostsFile,
        ]
        return texts.compactMapValues { $0.map { .string($0) } }
    }

    public static func machine(_ address: MachineAddress) -> JSONValue {
        ["host": .string(address.host), "port": .integer(address.port)]
    }

    public static func seconds(_ duration: Duration) -> JSONValue {
        let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
        return Int(exactly: seconds).map { .integer($0) } ?? .number(seconds)
    }

    /// Whether it is a name or an address, and nothing that would make a URL or a command another one.
    public static func isHost(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 255 && !text.hasPrefix("-")
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
                    UInt8(ascii: ":"), UInt8(ascii: "%"):
                    true
                default: false
                }
            }
    }
}
