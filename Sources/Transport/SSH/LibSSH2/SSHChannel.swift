/// What goes over one channel of a connection. Its methods are called on the thread of the loop.
protocol SSHChannel: AnyObject {
    var number: UInt64 { get }

    /// The socket of ours that it waits for, if any, and for what.
    var interest: (descriptor: Int32, events: Int32)? { get }

    /// The socket is ready.
    func note(_ events: Int32)

    /// Moves what can be moved now.
    ///
    /// - Returns: `true` when it is over, and lets go of what it has.
    func advance(_ connection: SSHConnection) -> Bool

    /// Ends it at once; the connection may be lost.
    func end(_ connection: SSHConnection, _ reason: any Error)

    /// When it has to be over, where there is such a time.
    var deadline: ContinuousClock.Instant? { get }
}

/// What takes a question to the other side and its answer: one at a time, for libssh2 mixes the answers up else.
protocol SSHSetup: AnyObject {
    var number: UInt64 { get }
    var deadline: ContinuousClock.Instant? { get }

    /// Whether the other side may take long, and rightly: it connects somewhere itself.
    var mayTakeLong: Bool { get }

    /// - Returns: `true` when it is done, whether well or not; `false`: it is to be called again.
    func advance(_ connection: SSHConnection) -> Bool

    /// Tells who waits that nothing comes of it. It may be under way: then it is still carried to its end, and what it
    /// brings is given back.
    func giveUp(_ reason: any Error)
}
