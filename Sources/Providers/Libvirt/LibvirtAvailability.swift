import MultipleSpawner
import Synchronization

/// What was free a moment ago: many ask at once, and none of them has to wait for libvirt.
final class LibvirtAvailability: Sendable {
    private let known = Mutex<(value: Availability, until: ContinuousClock.Instant)?>(nil)

    func value(_ ask: () async -> Availability) async -> Availability {
        if let known = known.withLock({ $0 }), known.until > .now { return known.value }
        let value = await ask()
        known.withLock { $0 = (value, .now + .seconds(5)) }
        return value
    }
}
