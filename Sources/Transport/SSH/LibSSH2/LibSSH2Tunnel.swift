/// What listens on the other machine for us.
final class LibSSH2Tunnel: BackwardTunnel {
    let remote: TunnelEnd
    private let end: @Sendable () -> Void

    init(remote: TunnelEnd, end: @escaping @Sendable () -> Void) {
        self.remote = remote
        self.end = end
    }

    func close() async {
        end()
    }
}
