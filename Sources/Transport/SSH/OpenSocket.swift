import Glibc

/// A connected socket that is closed once, by whoever holds it last.
public struct OpenSocket: ~Copyable, Sendable {
    public let descriptor: Int32

    /// Takes a descriptor over.
    public init(owning descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Gives the descriptor to somebody who closes it.
    public consuming func take() -> Int32 {
        let descriptor = descriptor
        discard self
        return descriptor
    }

    deinit {
        Glibc.close(descriptor)
    }
}
