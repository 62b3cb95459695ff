import MultipleSpawner
import Testing

@testable import Backends

/// Which ports servers on other machines are given.
@Suite struct SSHPortTests {
    private let places = SSHPlaces()

    @Test func `no two sessions have the same`() throws {
        let ports = try (0..<5_000).map { places.choosePort(for: try SessionID("s\($0)")) }
        #expect(Set(ports).count == ports.count)
        #expect(ports.allSatisfy { (10_240..<32_768).contains($0) })
    }

    @Test func `one that is known from before is given to nobody else`() throws {
        for port in 10_240..<28_000 { places.notePort(port, of: try SessionID("s\(port)")) }
        let found = try (0..<1_000).map { places.choosePort(for: try SessionID("next\($0)")) }
        #expect(found.allSatisfy { $0 >= 28_000 })
    }
}
