/// A machine as a cloud describes it, for whoever gives it back.
protocol CloudInstance: Sendable, CustomStringConvertible {
    /// Whether it may be used, or become usable.
    var isLiving: Bool { get }
    /// Whether it is gone for good.
    var isGone: Bool { get }
    var isRunning: Bool { get }
    /// Whether it is switched off or gone, or goes there by itself.
    var isOff: Bool { get }
}
