import Logging
import Transport

/// What the plug-ins reach the outside with.
struct Connections: Sendable {
    let http = HTTPClient()
    /// For calls that may last as long as a server takes to end: they must not hold up the others.
    let patientHTTP = HTTPClient(callsPerOrigin: 256)
    /// To machines, by libssh2; by OpenSSH where that cannot.
    let ssh = SSHLinks(
        other: { try await OpenSSHLink.connect(to: $0) },
        report: { Logger(label: "multiplespawner.ssh").info("\($0)") })

    /// Ends their threads. To be called before the program exits: the libraries below are torn down then.
    func shutDown() async {
        await ssh.close()
        http.shutDown()
        patientHTTP.shutDown()
    }
}
