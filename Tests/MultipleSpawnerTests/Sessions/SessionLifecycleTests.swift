import MultipleSpawner
import Testing

@Suite struct SessionLifecycleTests {
    private static let handle = Handle(backend: "test", version: 1, payload: "{}")
    private static let grant = Grant(kind: "test", version: 1, payload: "{}")
    private static let endpoint = Endpoint(host: "127.0.0.1", port: 1)
    private static let events: [SessionEvent] = [
        .queued, .began(.authenticate), .began(.start), .began(.answer), .granted(grant), .checkpointed(handle),
        .answered(endpoint), .stopping(.asked), .undone,
    ]

    @Test func `the usual life is accepted`() throws {
        var life = SessionLifecycle()
        for event in [
            SessionEvent.queued, .began(.authenticate), .granted(Self.grant), .began(.start),
            .checkpointed(Self.handle), .began(.answer), .answered(Self.endpoint),
            .stopping(.asked), .undone,
        ] {
            try life.apply(event)
        }
        #expect(life.phase == .stopped(.asked))
        #expect(life.handle == nil && life.grant == nil)
    }

    @Test func `nothing answers that was not checkpointed`() throws {
        var life = SessionLifecycle()
        try life.apply(.began(.start))
        #expect(throws: SpawnError.self) { try life.apply(.answered(Self.endpoint)) }
    }

    @Test func `a session that is over stays as it is`() throws {
        var life = SessionLifecycle()
        try life.apply(.stopping(.failed(SessionFailure(SpawnError(.internal, "x")))))
        try life.apply(.undone)
        for event in Self.events {
            #expect(throws: SpawnError.self) { try life.apply(event) }
        }
        #expect(!life.isLive)
    }

    @Test func `no order of events loses the handle or the grant of a live session`() throws {
        var reached: Set<SessionLifecycle> = [SessionLifecycle()]
        for _ in 0..<6 {
            for life in reached {
                for event in Self.events {
                    var next = life
                    do { try next.apply(event) } catch { continue }
                    if life.handle != nil, next.isLive { #expect(next.handle != nil) }
                    if life.grant != nil, next.isLive { #expect(next.grant != nil) }
                    if case .running = next.phase { #expect(next.handle != nil) }
                    reached.insert(next)
                }
            }
        }
        #expect(reached.count >= 10)
    }

    @Test func `an event that is refused changes nothing`() throws {
        var life = SessionLifecycle()
        let before = life
        #expect(throws: SpawnError.self) { try life.apply(.undone) }
        #expect(life == before)
    }
}
