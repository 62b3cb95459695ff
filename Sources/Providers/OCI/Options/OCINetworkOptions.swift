import MultipleSpawner

/// The network that machines are put into, and that is made where it is missing.
struct OCINetworkOptions: Sendable, Hashable {
    /// A network or a part of one.
    struct Part: Sendable, Hashable {
        var id: String?
        var name: String?
        var label: String?
        var block: String?

        init(_ options: JSONValue?) {
            id = options?["id"]?.filledString
            name = options?["display_name"]?.filledString
            label = options?["dns_label"]?.filledString
            block = options?["cidr_block"]?.filledString
        }
    }

    struct Route: Sendable, Hashable {
        var destination: String
        var type: String
    }

    var network: Part
    var gatewayName: String
    var hasGateway: Bool
    var routesName: String
    var routes: [Route]

    /// The originals' names for what is made.
    static let networkName = "VCN Network"
    static let subnetName = "worker_subnet"

    init(_ options: JSONValue) {
        network = Part(options["vcn"])
        let gateway = options["internetgateway"]
        gatewayName = gateway?["display_name"]?.filledString ?? "default_gateway"
        hasGateway = gateway?["is_enabled"]?.boolValue ?? true
        let table = options["routetable"]
        routesName = table?["display_name"]?.filledString ?? "default_route_table"
        let rules = table?["routerules"]?.arrayValue ?? []
        routes = rules.map { rule in
            Route(
                destination: rule["destination"]?.filledString ?? rule["cidr_block"]?.filledString ?? "0.0.0.0/0",
                type: rule["destination_type"]?.filledString ?? "CIDR_BLOCK")
        }
        if routes.isEmpty { routes = [Route(destination: "0.0.0.0/0", type: "CIDR_BLOCK")] }
    }

    static let fields = [
        Field("vcn", .object(part(block: "10.0.0.0/16", name: networkName)), "The network: by its id, or by its name."),
        Field(
            "internetgateway",
            .object(
                ObjectShape([
                    Field(
                        "is_enabled", .boolean, "Whether a network that is made is connected to the internet (true)."),
                    Field("display_name", .string, "Its name (default_gateway)."),
                ])), "The gateway of a network that is made."),
        Field(
            "routetable",
            .object(
                ObjectShape([
                    Field("display_name", .string, "Its name (default_route_table)."),
                    Field(
                        "routerules", .list(.object(rule)), "What goes through the gateway; everything when not given."),
                ])), "The routes of a network that is made."),
    ]

    static let subnet = part(block: "10.0.1.0/24", name: subnetName)

    private static let rule = ObjectShape([
        Field("destination", .string, "0.0.0.0/0."), Field("cidr_block", .string, "The same, as it was called."),
        Field(
            "destination_type", .choice(["CIDR_BLOCK", "SERVICE_CIDR_BLOCK"]), "What the destination is (CIDR_BLOCK)."),
    ])

    private static func part(block: String, name: String) -> ObjectShape {
        ObjectShape([
            Field("id", .string, "The id of one that is there; nothing is made then."),
            Field("display_name", .string, "Its name (\(name))."),
            Field("dns_label", .string, "The label in names, of one that is made."),
            Field("cidr_block", .string, "Its addresses, of one that is made (\(block))."),
        ])
    }
}
