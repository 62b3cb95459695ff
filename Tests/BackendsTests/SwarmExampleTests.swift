import Foundation
import MultipleSpawner
import Testing

@testable import Backends

@Suite struct SwarmExampleTests {
    static let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../templates")
        .standardized

    static let files =
        ((try? FileManager.default.contentsOfDirectory(atPath: directory.path())) ?? [])
        .filter { $0.hasPrefix("swarm_") }.sorted()

    /// The options of an example's template, with what a request would fill in.
    private func options(_ file: String) throws -> JSONValue {
        let text = try String(contentsOf: Self.directory.appending(path: file), encoding: .utf8)
        let source = JSONSource(file: file, text: text)
        #expect(source.diagnostics.isEmpty)
        let template = try #require(source.root?.jsonValue.arrayValue?.first)
        let values = ["uid", "username", "targetHost", "targetPath", "privateKey"]
        let filled = DeferredPlaceholders(Dictionary(uniqueKeysWithValues: values.map { ($0, "x") } + [("port", "22")]))
            .fill(template["spawner"]?["kwargs"] ?? nil)
        return try SwarmTest.bound(filled)
    }

    @Test func `There is an example for each of the originals' configurations`() {
        let originals = [
            "basic", "bind_mounts", "command", "configs", "endpoint", "image_args", "image_env", "tmpfs_mounts",
            "user_hook",
            "volume_mounts", "volume_readonly_mounts",
        ]
        #expect(Set(originals.map { "swarm_\($0).json" }).isSubset(of: Self.files))
    }

    @Test(arguments: files)
    func `Each example describes a service for each of its images`(file: String) throws {
        let options = try options(file)
        for image in SwarmMenu.menu(of: options).images {
            let settled = try SwarmSettlement.settle(options, with: Choice(image: image), within: HardwareLimits())
            let plan = try SwarmTest.plan(settled)
            let read = try SwarmOptions(plan)
            var assembly = ServiceAssembly(name: read.names(for: plan).preferred)
            assembly.configIDs = Dictionary(uniqueKeysWithValues: read.configsToFind.map { ($0, "id") })
            let service = try SwarmTest.json(try ServiceSpecification(plan, read, assembly))
            #expect(service["TaskTemplate"]?["ContainerSpec"]?["Image"]?.stringValue == image.image)
            #expect(service["TaskTemplate"]?["Networks"]?.arrayValue?.isEmpty == false)
            // Nothing that this step fills in is left.
            #expect(!service.text.contains("{service_owner}"))
        }
    }

    @Test(arguments: files)
    func `An example settles also while nobody's data are filled in, as for a plan that is shown`(file: String) throws {
        let text = try String(contentsOf: Self.directory.appending(path: file), encoding: .utf8)
        let template = try #require(JSONSource(file: file, text: text).root?.jsonValue.arrayValue?.first)
        let kwargs = try #require(template["spawner"]?["kwargs"])
        let options = try SwarmOptions.shape.bind(kwargs, keepingPlaceholders: true)
        for image in SwarmMenu.menu(of: options).images {
            #expect(throws: Never.self) {
                try SwarmSettlement.settle(options, with: Choice(image: image), within: HardwareLimits())
            }
        }
    }

    @Test func `A start takes no placeholder that nobody filled in where a value is looked at`() throws {
        let text = try String(contentsOf: Self.directory.appending(path: "swarm_sshfs.json"), encoding: .utf8)
        let template = try #require(JSONSource(file: "sshfs", text: text).root?.jsonValue.arrayValue?.first)
        let options = try #require(template["spawner"]?["kwargs"])
        #expect(SwarmTest.refusal { try SwarmOptions(options, user: "alice") }.contains("'port' that is not one"))
    }

    @Test func `The home on NFS is the directory that the hook makes`() throws {
        let read = try SwarmOptions(try options("swarm_nfs_homes.json"), user: "Alice@x.edu")
        let directory = try #require(read.homeHook?.directory?.path)
        #expect(read.mounts.first?.volume?.driver?.options?["device"] == ":\(directory)")
        #expect(read.homeHook?.directory?.ownerFile == "\(directory)_email.txt")
        #expect(read.mounts.first?.source == "nfs-\(read.owner)")
    }
}
