import Testing

@testable import MultipleSpawner

@Suite struct CatalogueQuantityTests {
    private func bind(_ value: JSONValue, _ quantity: Quantity) -> JSONValue? {
        try? ObjectShape([Field("x", .quantity(quantity), "x")]).bind(.object(["x": value]))["x"]
    }

    @Test(
        arguments: [
            (Quantity.bytes, 512, 512), (.bytes, "512", 512), (.bytes, "512M", 536_870_912),
            (.bytes, "1.5 GiB", 1_610_612_736),
            (.bytes, "64k", 65_536), (.bytes, 0, 0), (.bytes, 1e9, 1_000_000_000), (.bytes, "10b", 10),
            (.nanoseconds, 30_000_000_000, 30_000_000_000), (.nanoseconds, "30s", 30_000_000_000),
            (.nanoseconds, "1m30s", 90_000_000_000), (.nanoseconds, "500ms", 500_000_000),
            (.nanoseconds, "1.5h", 5_400_000_000_000),
            (.nanoseconds, "1m 1s", 61_000_000_000), (.nanoseconds, "5", 5), (.nanoCPUs, 0.5, 500_000_000),
            (.nanoCPUs, 2, 2_000_000_000), (.nanoCPUs, "500m", 500_000_000), (.nanoCPUs, 500_000_000, 500_000_000),
            (.nanoCPUs, 1_000_000, 1_000_000), (.nanoCPUs, "0.001", 1_000_000), (.permissions, "0444", 0o444),
            (.permissions, "444", 0o444), (.permissions, "0o750", 0o750), (.permissions, 292, 0o444),
            (.permissions, "1777", 0o1777),
        ] as [(Quantity, JSONValue, Int)])
    func `An amount is read as people write it, and its result as itself`(
        quantity: Quantity, value: JSONValue, amount: Int
    ) {
        #expect(bind(value, quantity) == .integer(amount))
        #expect(bind(.integer(amount), quantity) == .integer(amount))
    }

    @Test(
        arguments: [
            (Quantity.bytes, "lots"), (.bytes, "1e9"), (.bytes, -1), (.bytes, 1.5), (.bytes, "M"), (.bytes, "1X"),
            (.bytes, true),
            (.bytes, "9999999T"), (.nanoseconds, "30 parsecs"), (.nanoseconds, "s"), (.nanoseconds, ""),
            (.nanoseconds, "-5s"),
            (.nanoseconds, "1s2"), (.nanoseconds, "٣s"), (.nanoCPUs, 0), (.nanoCPUs, 100_000), (.nanoCPUs, "half"),
            (.nanoCPUs, "1e3"), (.nanoCPUs, -0.5), (.nanoCPUs, 5_000_000_000_000), (.nanoCPUs, ["1"]),
            (.permissions, "888"),
            (.permissions, "17777"), (.permissions, -1), (.permissions, "rw-r--r--"), (.permissions, ""),
        ] as [(Quantity, JSONValue)])
    func `What is no amount, or not one that can be meant, is refused`(quantity: Quantity, value: JSONValue) {
        #expect(bind(value, quantity) == nil)
    }

    @Test func `The error says what is wanted`() {
        let shape = ObjectShape([Field("cpu", .quantity(.nanoCPUs), "x")])
        let error = #expect(throws: SpawnError.self) { try shape.bind(["cpu": 100_000]) }
        #expect(error?.message.contains("a number of cores such as 0.5, or of NanoCPUs") == true)
    }

    @Test func `A schema says which texts are taken`() {
        for quantity in Quantity.allCases {
            var writer = SchemaWriter(sharesDefinitions: false)
            let schema = writer.schema(of: .quantity(quantity))
            #expect(schema["anyOf"]?.arrayValue?.count == 2)
        }
    }
}
