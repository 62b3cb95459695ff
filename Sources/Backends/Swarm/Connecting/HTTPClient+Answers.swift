import MultipleSpawner
import Transport

extension HTTPClient {
    /// Whether something speaks HTTP at an endpoint, or TLS where that is expected.
    ///
    /// A connection alone would prove nothing: Docker's own proxy of a published port takes it before the server is up.
    /// Nothing is sent that is worth anything, and nothing of the answer is believed.
    func answers(at endpoint: Endpoint) async throws -> Bool {
        var request = HTTPRequest("GET", endpoint.url + "/")
        request.limits.connect = .seconds(2)
        request.limits.whole = .seconds(5)
        request.mostBytes = 1 << 20
        do {
            _ = try await send(request)
            return true
        } catch let failure as HTTPFailure {
            switch failure.kind {
            // A server behind the hub's own authority: it refuses strangers, and is there.
            case .tls: return endpoint.scheme == .https
            case .tooLarge: return true
            case .cannotConnect, .timedOut, .connectionLost, .malformed: return false
            }
        }
    }
}
