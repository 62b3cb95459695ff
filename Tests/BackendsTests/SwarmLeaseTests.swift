import MultipleSpawner
import Testing

@testable import Backends

@Suite struct SwarmLeaseTests {
    private func pool(_ devices: [String] = ["0", "1"], oversubscribe: Bool = false) -> AcceleratorPool {
        AcceleratorPool(
            name: "gpus", type: "NVIDIA-GPU", devices: devices, devicesFile: nil, isOversubscribed: oversubscribe)
    }

    private func session(_ id: String) throws -> SessionID { try SessionID(id) }

    private func need(_ pool: AcceleratorPool, _ count: Int = 1) -> [AcceleratorNeed] {
        [AcceleratorNeed(pool: pool, count: count)]
    }

    @Test func `A device is one session's until it is given back`() throws {
        var book = LeaseBook()
        #expect(try book.lease(need(pool()), for: session("a")).map(\.device) == ["0"])
        #expect(try book.lease(need(pool()), for: session("b")).map(\.device) == ["1"])
        let message = SwarmTest.refusal { try book.lease(need(pool()), for: session("c")) }
        #expect(message.contains("'gpus' has too few free devices: 2 of 2 are taken"))
        book.release(try session("a"))
        book.release(try session("a"))
        #expect(try book.lease(need(pool()), for: session("c")).map(\.device) == ["0"])
        #expect(book.taken(in: "gpus") == 2)
    }

    @Test func `A pool that is named gives what it declares, and GPUs that were chosen are given once`() throws {
        func needs(_ declared: JSONValue, _ wanted: JSONValue, chosen: Int = 3) throws -> [Int] {
            try AcceleratorPlan(declared: declared, wanted: wanted).needs(chosenGPUs: chosen).map(\.count)
        }
        let declared: JSONValue = [
            ["name": "a", "ids": ["0", "1"], "count": 2], ["name": "b", "ids": ["2"], "count": "gpu"],
            ["name": "c", "ids": ["3"], "count": "gpu"],
        ]
        #expect(try needs(declared, ["a"]) == [2])
        #expect(try needs(declared, ["a", "b"]) == [2, 3])
        #expect(try needs(declared, ["b"], chosen: 0) == [])
        #expect(try needs(declared, [["name": "b", "count": 1], ["name": "c"]]) == [1, 3])
        #expect(SwarmTest.refusal { try needs(declared, ["b", "c"]) }.contains("'b' and 'c' each give"))
    }

    @Test func `What cannot be had says so by a code that may be tried again`() throws {
        var book = LeaseBook()
        let error = #expect(throws: SpawnError.self) {
            try book.lease(need(pool(["0"]), 2), for: session("a"))
        }
        #expect(error?.code == .overCapacity)
        #expect(error?.message.contains("has 1 devices, and 2 are needed") == true)
    }

    @Test func `All that a session needs is taken, or nothing`() throws {
        var book = LeaseBook()
        let other = AcceleratorPool(name: "o", type: "o", devices: ["x"], devicesFile: nil, isOversubscribed: false)
        _ = try book.lease(need(other), for: session("a"))
        #expect(throws: SpawnError.self) { try book.lease(need(pool()) + need(other), for: session("b")) }
        #expect(book.taken(in: "gpus") == 0)
        #expect(try book.lease(need(pool(), 2) + [], for: session("b")).map(\.device) == ["0", "1"])
    }

    @Test func `A shared device is given to those that serve the fewest, never twice to one session`() throws {
        var book = LeaseBook()
        let shared = pool(oversubscribe: true)
        let devices = try ["a", "b", "c", "d"].map { try book.lease(need(shared), for: session($0))[0].device }
        #expect(devices == ["0", "1", "0", "1"])
        #expect(try Set(book.lease(need(shared, 2), for: session("e")).map(\.device)) == ["0", "1"])
        #expect(throws: SpawnError.self) { try book.lease(need(shared, 3), for: session("f")) }
        book.release(try session("a"))
        book.release(try session("c"))
        book.release(try session("e"))
        #expect(try book.lease(need(shared), for: session("g"))[0].device == "0")
    }

    @Test func `A session that leases again gives back what it had`() throws {
        var book = LeaseBook()
        _ = try book.lease(need(pool(), 2), for: session("a"))
        #expect(try book.lease(need(pool(), 2), for: session("a")).count == 2)
        #expect(try book.lease([], for: session("a")) == [])
        #expect(book.taken(in: "gpus") == 0)
    }

    @Test func `After a restart handles bring back what is taken, also what no pool has any more`() throws {
        var book = LeaseBook()
        book.resume(
            [AcceleratorLease(pool: "gpus", device: "0"), AcceleratorLease(pool: "gone", device: "9")],
            of: try session("a"))
        #expect(try book.lease(need(pool()), for: session("b")).map(\.device) == ["1"])
        book.release(try session("a"))
        #expect(book.taken(in: "gone") == 0)
        #expect(try book.lease(need(pool()), for: session("c")).map(\.device) == ["0"])
    }

    @Test func `The devices of a file are read by whoever leases`() throws {
        var book = LeaseBook()
        let devices = AcceleratorPool.devices(inFile: "0\n\n# note\n 1  # second\r\nGPU-7\n")
        #expect(devices == ["0", "1", "GPU-7"])
        let pool = AcceleratorPool(name: "f", type: "t", devices: [], devicesFile: "/x", isOversubscribed: false)
        #expect(try book.lease(need(pool, 3), for: session("a")) { _ in devices + ["0"] }.map(\.device) == devices)
    }

    @Test func `Random leases and returns never give a device to two sessions`() throws {
        var generator = SeededGenerator(seed: 3)
        var book = LeaseBook()
        var held: [String: [AcceleratorLease]] = [:]
        let pool = pool((0..<5).map(String.init))
        for _ in 0..<3000 {
            let name = "s\(Int.random(in: 0..<8, using: &generator))"
            if Bool.random(using: &generator) {
                book.release(try session(name))
                held[name] = nil
            } else if let leases = try? book.lease(
                need(pool, Int.random(in: 1...3, using: &generator)), for: session(name))
            {
                held[name] = leases
            }
            let all = held.values.flatMap { $0 }
            #expect(Set(all).count == all.count)
            #expect(book.taken(in: "gpus") == all.count)
        }
    }

    // MARK: Options

    private func uses(_ options: JSONValue) throws -> [AcceleratorPlan.Use] {
        try SwarmOptions(options, user: "a").accelerators.uses
    }

    @Test func `Pools are objects or names, of the template or of an image`() throws {
        let pools: JSONValue = [
            ["name": "a", "type": "NVIDIA-GPU", "ids": ["0", 1], "oversubscribe": "True"],
            ["type": "TPU", "ids_file_path": "/t"],
        ]
        #expect(try uses(["accelerators": pools]).map(\.pool.name) == ["a", "TPU"])
        #expect(try uses(["accelerators": pools]).first?.pool.devices == ["0", "1"])
        #expect(try uses(["accelerators": pools]).first?.pool.isOversubscribed == true)
        #expect(
            try uses(["accelerators": pools, "images": [["image": "i", "accelerators": ["TPU"]]]]).map(\.pool.name) == [
                "TPU"
            ])
        #expect(try uses(["accelerators": pools, "images": [["image": "i", "accelerator_pools": []]]]).isEmpty)
        #expect(
            try uses(["accelerator_manager": ["p": ["type": "G", "mappings": ["x": "0", "y": "1"]]]]).map(
                \.pool.devices)
                == [["0", "1"]])
        #expect(try uses(["accelerators": ["type": "G", "ids": "7"]]).map(\.pool.devices) == [["7"]])
        #expect(
            SwarmTest.refusal { try uses(["images": [["image": "i", "accelerators": ["b"]]]]) }.contains("not declared")
        )
        #expect(
            SwarmTest.refusal { try uses(["accelerators": [["type": "G"]]]) }.contains("'G' is not declared") == false)
        #expect(SwarmTest.refusal { try uses(["accelerators": [["type": "G"]]]) }.contains("neither 'ids'"))
        #expect(SwarmTest.refusal { try uses(["accelerators": [["type": "G", "ids": ["0,1"]]]]) }.contains("comma"))
    }

    @Test func `How many devices a session gets is one, a number, or the chosen GPUs`() throws {
        let options: JSONValue = [
            "accelerators": [
                ["name": "a", "ids": ["0"]], ["name": "b", "ids": ["0"], "count": 2],
                ["name": "c", "ids": ["0"], "count": "gpu"],
            ]
        ]
        let read = try SwarmOptions(options, user: "a")
        #expect(read.accelerators.needs(chosenGPUs: 0).map(\.count) == [1, 2])
        #expect(read.accelerators.needs(chosenGPUs: 3).map(\.count) == [1, 2, 3])
    }

    @Test func `What services say that they have is not given to others, but for what was given back since`()
        async throws
    {
        let book = AcceleratorBook()
        book.learn([AcceleratorLease(pool: "gpus", device: "0")], of: try session("lost"))
        #expect(try await book.take(need(pool()), for: session("a")).map(\.device) == ["1"])
        book.release(of: try session("a"))
        // Docker was asked before it was stopped.
        book.learn([AcceleratorLease(pool: "gpus", device: "1")], of: try session("a"))
        #expect(try await book.take(need(pool()), for: session("b")).map(\.device) == ["1"])
        await #expect(throws: SpawnError.self) { try await book.take(need(pool()), for: session("c")) }
    }
}
