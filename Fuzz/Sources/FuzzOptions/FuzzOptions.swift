// User options: any JSON as the body of a request, and the same text as the fields of the form.

import FuzzSupport
import MultipleSpawner

/// Two templates, one of which the user may not see.
let catalogue: Catalogue? = Catalogue.read(
    CatalogueSources(
        templates: CatalogueSources.File(
            name: "t",
            text: """
                [{"name": "a", "resource_type": "bare_metal", "providers": ["local"], "limits": {"memory": 4, "gpu": 1},
                  "lifetime": {"default": 5, "max": 10},
                  "kwargs": {"cmd": ["{username}"], "port": "{MY_PORT}", "uploads": 2, "keys": ["networks"],
                             "user_format_attributes": ["mount_data"],
                             "images": [{"name": "For root", "image": "hidden", "access": {"users": ["root"]}},
                                        {"name": "It's \\"one\\"", "image": "one"}, {"name": "two", "image": "two"}]}},
                 {"name": "b", "resource_type": "container", "providers": ["ku"], "class": "jhub.SwarmSpawner"},
                 {"name": "hidden-from-alice", "resource_type": "bare_metal", "providers": ["local"],
                  "access": {"users": ["root"]}}]
                """),
        deployments: CatalogueSources.File(
            name: "d", text: #"{"bare_metal": [{"name": "d"}, {"name": "e", "access": ["root"]}]}"#)),
    registry: PaperBackend.registry
).catalogue

@_cdecl("LLVMFuzzerTestOneInput")
func test(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = input(bytes, count)
    guard let catalogue, let id = try? SessionID("one"),
        let identity = try? SessionIdentity(hub: "hub", user: "alice")
    else { fatalError("the catalogue of the test cannot be read") }
    if let options = JSONSource(file: "f", bytes: bytes).root?.jsonValue {
        let request = SessionRequest(id: id, identity: identity, options: options, environment: ["MY_PORT": "80"])
        do {
            let plan = try catalogue.plan(for: request)
            precondition(plan.template == "a" && plan.deployment == "d", "something that this user may not have")
            precondition(["one", "two"].contains(plan.options["image"]), "an image that this user may not have")
            precondition(plan.files.count <= 2, "more files than the menu takes")
            for file in plan.files {
                precondition(file.content.count <= 8 && file.name.hasSuffix(".txt"), "a file that is not taken")
                precondition(!file.name.utf8.contains(UInt8(ascii: "/")), "a file elsewhere")
            }
            precondition(plan.resources.memory > 0 && plan.resources.memory <= 4 << 30, "memory beyond the limit")
            precondition((0...1).contains(plan.resources.gpu), "GPUs beyond the limit")
            precondition((1...10).contains(plan.lifetime.minutes ?? 0), "a lifetime beyond the limit")
        } catch {
            precondition(!error.message.isEmpty, "an error without a word")
        }
        _ = catalogue.decide(for: request)
        _ = Catalogue.fileReferences(in: options)
        _ = catalogue.form(for: "alice", groups: [], last: options)
    }
    let lines = bytes.split(separator: 10, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    var fields: [String: [String]] = [:]
    for (field, line) in zip(FormField.allCases, lines) where !line.isEmpty { fields[field.rawValue] = [line] }
    // The whole text as the list of images: what is taken is on offer.
    let form = catalogue.form(for: "alice", groups: [])
    let text = String(decoding: bytes, as: UTF8.self)
    if let options = try? form.options(from: ["select_image": [text]]), let image = options["user_selected_image"] {
        precondition(["one", "two"].contains(image), "an image that is not on offer")
    }
    for image in form.menus.flatMap(\.images) {
        precondition((try? form.options(from: ["select_image": [image.value]])) != nil, "an image cannot be chosen")
    }
    _ = try? form.options(from: [:], files: [(name: text, bytes: bytes.count)])
    if let options = try? form.options(from: fields) {
        let request = SessionRequest(id: id, identity: identity, options: options, environment: ["MY_PORT": "80"])
        precondition((try? catalogue.plan(for: request)) != nil, "what the form takes cannot be planned")
    }
    return 0
}

@_cdecl("FuzzOptions_main")
func start() -> CInt { runFuzzer(test) }
