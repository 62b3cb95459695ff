/// Where a machine is logged in to.
public struct MachineAddress: Sendable, Hashable, Codable {
    /// A name or an address; IPv6 without brackets.
    public var host: String
    public var port: Int

    public init(host: String, port: Int = 22) {
        self.host = host
        self.port = port
    }
}

extension MachineAddress: CustomStringConvertible {
    /// `gpu-2:22`.
    public var description: String {
        "\(host.contains(":") ? "[\(host.excerpt)]" : host.excerpt):\(port)"
    }
}
