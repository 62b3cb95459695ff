import Transport

/// What the plug-ins reach the outside with.
struct Connections: Sendable {
    let http = HTTPClient()
    /// For calls that may last as long as a server takes to end: they must not hold up the others.
    let patientHTTP = HTTPClient(callsPerOrigin: 256)

    /// Ends their threads. To be called before the program exits: the libraries below are torn down then.
    func shutDown() {
        http.shutDown()
        patientHTTP.shutDown()
    }
}
