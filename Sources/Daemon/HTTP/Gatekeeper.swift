import Crypto
import Glibc
import Hummingbird
import MultipleSpawner

/// Lets in who may ask: on the unix socket the accounts that are allowed, elsewhere who has a token.
struct Gatekeeper: RouterMiddleware {
    enum Rule: Sendable {
        /// The kernel says who is at the other end.
        case accounts(Set<UInt32>)
        /// The header `Authorization: Bearer` says it. Keys are tokens; values the hub that a token is for.
        case tokens([Token])
    }

    /// A credential, as the token file has it: `TOKEN`, or `HUB TOKEN` for one that speaks for a single hub.
    struct Token: Sendable {
        let hub: String?
        let digest: SHA256.Digest

        init(hub: String?, token: String) {
            self.hub = hub
            digest = SHA256.hash(data: Array(token.utf8))
        }
    }

    let rule: Rule

    /// What a probe may ask without a credential; it tells nothing about anybody.
    private static let open: Set<String> = ["/healthz", "/readyz"]

    func handle(
        _ request: Request, context: APIContext, next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        if Self.open.contains(request.uri.path) { return try await next(request, context) }
        var context = context
        switch rule {
        case .accounts(let allowed):
            guard let peer = try await PeerCredentials.of(context.channel), allowed.contains(peer.uid) else {
                throw SpawnError(
                    .forbidden, "this account may not use the socket; add its uid to 'allowed_uids' in the settings")
            }
        case .tokens(let tokens):
            guard let header = request.headers[.authorization], header.lowercased().hasPrefix("bearer ") else {
                throw SpawnError(.unauthorized, "no token; send the header 'Authorization: Bearer TOKEN'")
            }
            // Digests are compared, so the time says nothing about the token.
            let digest = SHA256.hash(data: Array(header.dropFirst(7).utf8))
            guard let token = tokens.first(where: { $0.digest == digest }) else {
                throw SpawnError(.unauthorized, "the token is not valid; compare it with the daemon's token file")
            }
            context.caller = Caller(hub: token.hub)
        }
        return try await next(request, context)
    }
}
