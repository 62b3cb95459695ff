/// How long a call may take.
public struct HTTPLimits: Sendable, Hashable {
    /// Until the connection stands, TLS included.
    public var connect: Duration
    /// Until the whole answer is there, the wait for a free connection included; of a stream, until its head is there.
    /// `nil`: as long as it takes.
    public var whole: Duration?
    /// How long the other side may say nothing once the request is on its way. A reader that holds the stream back does
    /// not count. `nil`: as long as it likes.
    public var silence: Duration?

    public init(connect: Duration = .seconds(10), whole: Duration? = .seconds(60), silence: Duration? = nil) {
        self.connect = connect
        self.whole = whole
        self.silence = silence
    }
}
