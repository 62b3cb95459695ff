import Hummingbird
import MultipleSpawner
import NIOCore
import NIOPosix

/// Who is at the other end of a request, once that is known to be somebody who may ask.
struct Caller: Sendable {
    /// The only hub that it may speak for; `nil`: any.
    let hub: String?

    func check(hub wanted: String) throws {
        guard hub == nil || hub == wanted else {
            throw SpawnError(.forbidden, "this credential is not for the hub '\(wanted.excerpt)'")
        }
    }

    /// A session of another hub does not exist for this caller.
    func admits(_ record: SessionRecord) -> Bool {
        hub == nil || hub == record.identity.hub
    }
}

/// What a request carries with it through the routes.
struct APIContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    var caller = Caller(hub: nil)

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    var maxUploadSize: Int { RequestBody.usualMost }
}
