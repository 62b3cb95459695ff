import MultipleSpawner
import Testing

@Suite struct RoomTests {
    @Test(arguments: [
        (Room(), ""),
        (Room(sessions: 3), "3 free"),
        (Room(sessions: 3, memory: 64 << 30, cpu: 16, gpu: 2), "3 free; the largest has 64 GB, 16 cores, 2 GPUs"),
        (Room(memory: 512 << 20, cpu: 1, gpu: 0), "the largest has 512 MB, 1 core"),
        (Room(sessions: 0), "none free now"),
        (
            Room(sessions: 0, memory: 1 << 30, problem: "all 3 places are taken", costPerHour: 0.2),
            "none free now: all 3 places are taken; 0.2 per hour"
        ),
        (Room(problem: "a\u{202E}b\nc"), "none free now: a\u{FFFD}b\u{FFFD}c"),
        (Room(costPerHour: 0), "0 per hour"),
    ])
    func `a room is told in a line`(room: Room, words: String) {
        #expect(room.words == words)
    }

    private static let templates = """
        [{"name": "Here", "resource_type": "bare_metal", "providers": ["yard", "ku"]},
         {"name": "There", "resource_type": "virtual_machine", "providers": ["yard"]}]
        """
    private static let providers = """
        [{"name": "yard", "types": ["bare_metal", "virtual_machine"], "capacity": {"sessions": 3, "memory": 8},
          "cost_per_hour": 0.5},
         {"name": "ku", "types": ["bare_metal"]}]
        """

    private func form(_ rooms: ProviderRooms) throws -> SpawnForm {
        try Given.catalogue(Self.templates, providers: Self.providers).form(for: Given.request(), rooms: rooms)
    }

    @Test func `where nobody was asked, what the files say is told`() throws {
        let form = try form(.unknown)
        #expect(form.providers[0].room == Room(sessions: 3, memory: 8 << 30, costPerHour: 0.5))
        #expect(form.providers[1].room == nil)
        #expect(form.providers[1].types[0].templates[0].room == nil)
    }

    @Test func `what a provider says and what its capacity leaves are both bounds`() throws {
        let rooms = ProviderRooms(
            availability: ["yard": Availability(sessions: 9, memory: 4 << 30, cpu: 2)], sessions: ["yard": 1])
        #expect(
            try form(rooms).providers[0].room == Room(sessions: 2, memory: 4 << 30, cpu: 2, costPerHour: 0.5))
        let full = ProviderRooms(availability: ["yard": Availability(sessions: 9)], sessions: ["yard": 3])
        #expect(try form(full).providers[0].room?.count == "none free now: all 3 places are taken")
        let over = ProviderRooms(sessions: ["yard": 4])
        #expect(try form(over).providers[0].room?.sessions == 0)
        let silent = ProviderRooms(availability: ["ku": Availability(problem: "it does not answer")])
        #expect(
            try form(silent).providers[1].types[0].templates[0].room?.words == "none free now: it does not answer")
    }
}
