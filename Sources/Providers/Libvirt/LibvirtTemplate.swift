import MultipleSpawner

/// A machine in libvirt's XML as an admin wrote it, with places for values: `{name}`, or `{{ name }}` in a file that ends
/// in `.j2`. The templates of the original work as they are.
struct LibvirtTemplate: Sendable {
    fileprivate enum Part: Sendable {
        case text(String)
        case place(String)
    }

    private let path: String
    private let parts: [Part]

    /// - Throws: `invalid_request` for what has no name and no disk for us, or more than places.
    init(_ text: String, path: String) throws(SpawnError) {
        self.path = path
        let isJinja = [".j2", ".jinja", ".jinja2"].contains { path.hasSuffix($0) }
        guard !path.hasSuffix(".json") else {
            throw SpawnError(.invalidRequest, "the template '\(path.excerpt)' is JSON; write libvirt's XML")
        }
        parts = try isJinja ? Self.jinja(text, path) : Self.plain(text, path)
        let places = Set(parts.compactMap(\.place))
        for needed in ["name", "disk_image_path"] where !places.contains(needed) {
            throw SpawnError(
                .invalidRequest,
                "the template '\(path.excerpt)' has no {\(needed)}: each machine has its own; put it in")
        }
    }

    /// Python's `str.format`: `{name}`, and `{{` for a brace.
    private static func plain(_ text: String, _ path: String) throws(SpawnError) -> [Part] {
        var (parts, literal): ([Part], String) = ([], "")
        var rest = text[...]
        while let character = rest.popFirst() {
            if character == "{" || character == "}", rest.first == character {
                rest = rest.dropFirst()
                literal.append(character)
            } else if character == "{" {
                guard let end = rest.firstIndex(of: "}") else { throw refusal(path, "'{' is not closed") }
                parts += [.text(literal), .place(try name(rest[..<end], path))]
                literal = ""
                rest = rest[rest.index(after: end)...]
            } else if character == "}" {
                throw refusal(path, "'}' has no '{'; write '}}' for a brace")
            } else {
                literal.append(character)
            }
        }
        return parts + [.text(literal)]
    }

    private static func jinja(_ text: String, _ path: String) throws(SpawnError) -> [Part] {
        guard !text.contains("{%"), !text.contains("{#") else {
            throw refusal(
                path, "only places are filled, as {{ name }}; there are options for disks, shares and networks")
        }
        var parts: [Part] = []
        var rest = text[...]
        while let range = rest.firstRange(of: "{{") {
            guard let end = rest[range.upperBound...].firstRange(of: "}}") else {
                throw refusal(path, "'{{' is not closed")
            }
            let place = try name(rest[range.upperBound..<end.lowerBound], path)
            parts += [.text(String(rest[..<range.lowerBound])), .place(place)]
            rest = rest[end.upperBound...]
        }
        return parts + [.text(String(rest))]
    }

    private static func name(_ text: Substring, _ path: String) throws(SpawnError) -> String {
        let name = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let isName = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard isName, !name.isEmpty else { throw refusal(path, "'\(name.excerpt)' is no name of a value") }
        return name
    }

    private static func refusal(_ path: String, _ reason: String) -> SpawnError {
        SpawnError(.invalidRequest, "the template '\(path.excerpt)' cannot be filled: \(reason)")
    }

    /// The machine, with what makes it ours where the template has no place for it: its id, the disk that it is told
    /// things by, and whose it is.
    func xml(_ machine: LibvirtDescription) throws(SpawnError) -> String {
        let values = try self.values(machine)
        var text = ""
        for part in parts {
            switch part {
            case .text(let literal): text += literal
            case .place(let name):
                guard let value = values[name] else {
                    let nearest = NearestName.of(name, among: values.keys.sorted())
                    throw Self.refusal(
                        path,
                        "there is no value '\(name.excerpt)'"
                            + (nearest.map { "; did you mean '\($0)'?" } ?? "; give it in 'template_path_kwargs'"))
                }
                text += try XMLNode.escaped(value)
            }
        }
        let places = Set(parts.compactMap(\.place))
        if !places.contains("uuid") {
            try insert(try XMLNode("uuid", text: machine.token.uuid).text(), before: "</domain>", in: &text)
        }
        if !text.contains("<metadata") {
            let node = XMLNode("metadata", [LibvirtMetadata.node(machine.tags)])
            try insert(try node.text(), before: "</domain>", in: &text)
        }
        if let seed = machine.seed, !places.contains("seed_path") {
            var free = LibvirtDeviceNames(machine.options)
            let node = LibvirtDescription.seed(seed, machine.options, device: free.next())
            try insert(try node.text(), before: "</devices>", in: &text)
        }
        return text
    }

    private func insert(_ new: String, before end: String, in text: inout String) throws(SpawnError) {
        guard let place = text.ranges(of: end).last else { throw Self.refusal(path, "it has no \(end)") }
        text.insert(contentsOf: new, at: place.lowerBound)
    }

    /// What the places may name: what is ours, under the names that the original has, and what the options add.
    private func values(_ machine: LibvirtDescription) throws(SpawnError) -> [String: String] {
        let options = machine.options
        var values = [
            "name": machine.name, "uuid": machine.token.uuid, "disk_image_path": machine.disk,
            "memory_size": "\(machine.kibibytes)", "num_vcpus": "\(machine.cores)", "mac": machine.token.card(),
            "domain_type": machine.type.rawValue, "disk_driver_name": "qemu", "disk_driver_type": "qcow2",
            "disk_device_type": "file", "disk_target_dev": options.diskDevice, "disk_target_bus": options.diskBus,
            "cpu_architecture": machine.architecture, "cpu_mode": options.cpuMode ?? "host-model",
            "machine": options.machine ?? "pc", "machine_type": options.machine ?? "pc", "serial_type": options.serial,
            "serial_type_target_port": "\(options.serialPort)", "console_type": options.console,
            "network": options.interfaces.first?.network ?? "default",
        ]
        values["seed_path"] = machine.seed
        for (key, value) in options.templateValues.sorted(by: { $0.key < $1.key }) {
            guard values[key] == nil, key != "seed_path" else {
                throw SpawnError(
                    .invalidRequest, "'\(key.excerpt)' in 'template_path_kwargs' is ours to say; rename it there")
            }
            values[key] = value
        }
        return values
    }
}

extension LibvirtTemplate.Part {
    fileprivate var place: String? {
        guard case .place(let name) = self else { return nil }
        return name
    }
}
