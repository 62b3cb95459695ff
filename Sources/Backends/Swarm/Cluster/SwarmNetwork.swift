/// A network as the manager that is asked sees it, `GET /networks/{name}`.
struct SwarmNetwork: Sendable, Hashable {
    let id: String
    let name: String
    let driver: String
    let isSwarmWide: Bool
    /// The addresses of the machine itself on a bridge.
    let gateways: [String]
    /// The addresses of the containers of that manager's machine, by their ids.
    let containers: [String: String]
    /// The addresses of tasks on other machines too, where they were asked for.
    let others: [String]

    /// Whether somebody with one of these addresses is on it.
    func hasMember(_ addresses: Set<String>) -> Bool {
        containers.values.contains(where: addresses.contains) || others.contains(where: addresses.contains)
    }
}

extension SwarmNetwork: Decodable {
    private enum Key: String, CodingKey {
        case id = "Id"
        case name = "Name"
        case driver = "Driver"
        case scope = "Scope"
        case management = "IPAM"
        case configuration = "Config"
        case containers = "Containers"
        case services = "Services"
    }

    private struct Pool: Decodable {
        let gateway: String?

        private enum CodingKeys: String, CodingKey {
            case gateway = "Gateway"
        }
    }

    private struct Member: Decodable {
        let address: String?

        private enum CodingKeys: String, CodingKey {
            case address = "IPv4Address"
        }
    }

    private struct Service: Decodable {
        struct Task: Decodable {
            let address: String?

            private enum CodingKeys: String, CodingKey {
                case address = "EndpointIP"
            }
        }

        let tasks: [Task]?

        private enum CodingKeys: String, CodingKey {
            case tasks = "Tasks"
        }
    }

    init(from decoder: any Decoder) throws {
        let network = try decoder.container(keyedBy: Key.self)
        id = try network.decode(String.self, forKey: .id)
        name = try network.decode(String.self, forKey: .name)
        driver = try network.decodeIfPresent(String.self, forKey: .driver) ?? ""
        isSwarmWide = try network.decodeIfPresent(String.self, forKey: .scope) == "swarm"
        let management = try? network.nestedContainer(keyedBy: Key.self, forKey: .management)
        let pools = try management?.decodeIfPresent([Pool].self, forKey: .configuration) ?? []
        gateways = pools.compactMap(\.gateway)
        let members = try network.decodeIfPresent([String: Member].self, forKey: .containers) ?? [:]
        containers = members.compactMapValues { $0.address.map { address in String(address.prefix { $0 != "/" }) } }
        let services = try network.decodeIfPresent([String: Service].self, forKey: .services) ?? [:]
        others = services.values.flatMap { $0.tasks ?? [] }.compactMap(\.address)
    }
}
