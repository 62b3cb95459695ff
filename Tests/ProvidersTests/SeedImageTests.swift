import Glibc
import MultipleSpawner
import Testing

@testable import Providers

/// What a machine is told at its first boot, as the programs find it that look for it there.
@Suite(.timeLimit(.minutes(5))) struct SeedImageTests {
    @Test func `it is found by its name`() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let seed = SeedImage(userData: "#cloud-config\n{}\n", machine: "ms-1", name: "hub-alice")
        let path = try directory.file("seed.iso", "")
        let file = try #require(fopen(path, "w"))
        #expect(fwrite(seed.bytes, 1, seed.bytes.count, file) == seed.bytes.count)
        fclose(file)
        let answer = try await Program.run(["/sbin/blkid", "-p", "-o", "export", path])
        #expect(answer.output.contains("TYPE=iso9660"))
        #expect(answer.output.contains("LABEL=cidata\n"))
    }

    @Test(arguments: [0, 1, 2047, 2048, 2049, 100_000])
    func `files come out as they went in`(_ count: Int) throws {
        let text = String(repeating: "x", count: count)
        let seed = SeedImage(
            userData: Secret(text), machine: "ms-1", name: "n\"\n", network: ["version": 2])
        #expect(seed.bytes.count % 2048 == 0)
        let files = Self.files(of: seed.bytes)
        #expect(files.keys.sorted() == ["meta-data", "network-config", "user-data"])
        #expect(files["user-data"] == text)
        #expect(files["network-config"] == "{\"version\":2}\n")
        #expect(files["meta-data"] == "{\"instance-id\":\"ms-1\",\"local-hostname\":\"n\\\"\\n\"}\n")
    }

    @Test func `it prints as nothing of what is in it`() {
        let seed = SeedImage(userData: "hush", machine: "ms-1", name: "n")
        #expect("\(seed)" == "a seed of \(seed.bytes.count) bytes")
        #expect("\(seed)" == String(reflecting: seed))
        var dumped = ""
        dump(seed, to: &dumped)
        #expect(dumped == "- \(seed)\n")
    }

    /// The files of the root directory.
    private static func files(of image: [UInt8]) -> [String: String] {
        func number(_ place: Int) -> Int { (0..<4).reduce(0) { $0 | Int(image[place + $1]) << ($1 * 8) } }
        // The directory's own entry stands in the volume's descriptor.
        var place = number(16 * 2048 + 156 + 2) * 2048
        var files: [String: String] = [:]
        while image[place] > 0 {
            let name = image[(place + 33)..<(place + 33 + Int(image[place + 32]))]
            let (start, count) = (number(place + 2) * 2048, number(place + 10))
            if image[place + 25] & 2 == 0 {
                files[String(decoding: name, as: UTF8.self)] = String(
                    decoding: image[start..<(start + count)], as: UTF8.self)
            }
            place += Int(image[place])
        }
        return files
    }
}
