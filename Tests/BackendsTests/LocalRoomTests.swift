import Foundation
import MultipleSpawner
import Testing

@testable import Backends

@Suite struct LocalRoomTests {
    @Test func `this machine has cores and memory, and no machine to give`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let machine = try LocalMachine(logDirectory: directory.path)
        let provider = LocalProvider(machine)
        let free = await provider.availability()
        #expect(free.problem == nil && free.sessions == nil)
        #expect(try #require(free.cpu) > 0)
        #expect(try #require(free.memory) > LocalRoom.leastMemory)
        #expect(!LocalProvider.givesMachines([:]))
        let error = await #expect(throws: SpawnError.self) {
            try await provider.acquire(
                MachineRequest(
                    token: MachineToken(), installation: "i", session: try SessionID("a"),
                    identity: try SessionIdentity(hub: "h", user: "u")),
                checkpoint: LeaseCheckpoint { _ in })
        }
        #expect(error?.code == .unsupported)
    }

    @Test func `it speaks for processes of this machine alone`() {
        #expect(LocalProvider.hasRoom(for: "local") && LocalProvider.hasRoom(for: "local_user"))
        #expect(!LocalProvider.hasRoom(for: "swarm") && !LocalProvider.hasRoom(for: "ssh"))
    }

    @Test func `without memory nothing is free, and why is told`() {
        let free = LocalRoom(memory: LocalRoom.leastMemory - 1, cores: 2).availability
        #expect(free.sessions == 0 && free.problem == "this machine has no memory left")
        #expect(LocalRoom(memory: LocalRoom.leastMemory, cores: nil).availability.problem == nil)
    }

    @Test func `a group's limit is less than the machine where it is, and its files' memory can be had back`() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var groups = 0
        func write(_ files: [String: String]) throws -> String {
            groups += 1
            let group = URL(filePath: "\(directory.path)/\(groups)")
            try FileManager.default.createDirectory(at: group, withIntermediateDirectories: false)
            for (name, text) in files { try Data(text.utf8).write(to: group.appending(path: name)) }
            return group.path()
        }
        let unified = try write([
            "memory.max": "1000\n", "memory.current": "700\n", "memory.stat": "anon 1\ninactive_file 200\nslab 5\n",
        ])
        #expect(LocalRoom.memory(leftIn: unified, isUnified: true) == 500)
        let old = try write([
            "memory.limit_in_bytes": "1000\n", "memory.usage_in_bytes": "1500\n",
            "memory.stat": "inactive_file 9\ntotal_inactive_file 100\n",
        ])
        #expect(LocalRoom.memory(leftIn: old, isUnified: false) == 0)
        #expect(LocalRoom.memory(leftIn: try write(["memory.max": "max\n"]), isUnified: true) == nil)
        #expect(LocalRoom.memory(leftIn: "/no/such/group", isUnified: true) == nil)
    }

    @Test(arguments: [("200000 100000", 2.0), ("50000 100000", 0.5), ("max 100000", nil), ("", nil), ("1 0", nil)])
    func `a group's cores are its share of the time`(text: String, cores: Double?) {
        #expect(LocalRoom.cores(text) == cores)
    }

    @Test func `a line of meminfo is read whole`() {
        let text = "MemTotal:  1000 kB\nMemAvailableX: 7 kB\nMemAvailable:     512 kB\n"
        #expect(LocalRoom.field("MemAvailable", of: text) == 512 << 10)
        #expect(LocalRoom.field("MemFree", of: text) == nil)
        #expect(LocalRoom.field("MemAvailable", of: "MemAvailable: many kB") == nil)
    }
}
