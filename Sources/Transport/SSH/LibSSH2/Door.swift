/// A socket of ours at which the thread accepts, and who is handed what comes.
struct Door: Sendable {
    let number: UInt64
    /// Closed by the thread when the door is shut.
    let descriptor: Int32
    /// Takes each connection over, with its descriptor. Called on the thread: it must not block.
    let accept: @Sendable (Int32) -> Void
}
