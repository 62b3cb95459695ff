import MultipleSpawner

extension UserOptionPolicy {
    /// The template's options for one image, with the user's in them.
    ///
    /// - Parameters:
    ///   - choice: further keys as the user gave them.
    ///   - image: the entry of `images` that is started.
    ///   - limits: the most hardware that the template lets a user ask for.
    /// - Throws: `forbidden` for what is not the user's to choose, `invalid_request` for what cannot be read.
    func apply(
        _ choice: [String: JSONValue], image: JSONValue, within limits: HardwareLimits
    ) throws(SpawnError) -> [String: JSONValue] {
        var image = image
        var members = options.objectValue ?? [:]
        members["images"] = [image]
        members["image"] = nil
        // No value is as good as no key.
        let given = choice.filter { !$0.value.isNull && $0.value.objectValue?.isEmpty != true }
        guard !given.isEmpty else { return members }
        guard isOn else {
            let keys = given.keys.sorted().map { "'\($0.excerpt)'" }.joined(separator: ", ")
            throw SpawnError(
                .forbidden, "\(keys) may not be chosen here; leave it out, or ask the admin for 'use_user_options'")
        }
        let wanted = try Self.shape.bind(.object(given))
        // Options are filled in once more when the session starts; a user's text is not to be.
        guard !DeferredPlaceholders(["service_owner": ""]).occur(in: wanted) else {
            throw SpawnError(.invalidRequest, "an option holds '{service_owner}', which is for templates; write it out")
        }
        if let container = wanted["container_spec"]?.objectValue {
            members["container_spec"] = try UserContainer(policy: self, image: image).apply(container)
        }
        if let resources = wanted["resource_spec"]?.objectValue {
            members["resource_spec"] = try UserResources(policy: self, limits: limits).apply(resources)
        }
        if let accelerators = wanted["accelerators"]?.arrayValue {
            try checkAccelerators(accelerators)
            if image["accelerators"] == nil, var entry = image.objectValue {
                entry["accelerators"] = .array(accelerators)
                image = .object(entry)
                members["images"] = [image]
            }
        }
        if let networks = wanted["networks"]?.arrayValue {
            members["networks"] = .array(try joined(networks))
        }
        if let placement = wanted["placement"] {
            members["placement"] = try UserPlacement(policy: self).apply(placement)
        }
        if let driver = wanted["log_driver"] {
            try require("log_driver")
            members["log_driver"] = driver
        }
        return members
    }

    /// A user names the admin's pools, each once: a pool that is named twice would give twice as much.
    private func checkAccelerators(_ wanted: [JSONValue]) throws(SpawnError) {
        let pools = AcceleratorPlan.names(options["accelerators"])
        var seen: Set<String> = []
        for name in wanted.compactMap(\.stringValue) {
            guard pools.contains(name) else {
                throw SpawnError(
                    .forbidden,
                    "the accelerator pool '\(name.excerpt)' is not offered here; "
                        + (pools.isEmpty
                            ? "there is none" : "choose of \(pools.map { "'\($0)'" }.joined(separator: ", "))"))
            }
            guard seen.insert(name).inserted else {
                throw SpawnError(.invalidRequest, "the accelerator pool '\(name.excerpt)' is named twice; name it once")
            }
        }
    }

    /// The template's networks, on which the hub reaches the server, and those of the admin's list that the user names.
    /// On any other network a user could stand in for a service that others trust there.
    private func joined(_ wanted: [JSONValue]) throws(SpawnError) -> [JSONValue] {
        try require("networks")
        let listed = options["allowed_networks"]?.arrayValue?.compactMap(\.stringValue) ?? []
        guard !listed.isEmpty else {
            throw SpawnError(
                .forbidden,
                "networks may not be chosen here, as the admin lists none in 'allowed_networks'; leave them out")
        }
        var networks = options["networks"]?.arrayValue ?? []
        var present = Set(networks.compactMap { $0.stringValue ?? $0["Target"]?.stringValue })
        for name in wanted.compactMap(\.stringValue) where present.insert(name).inserted {
            guard listed.contains(where: { $0.utf8.elementsEqual(name.utf8) }) else {
                let offer = listed.map { "'\($0)'" }.joined(separator: ", ")
                throw SpawnError(
                    .forbidden, "the network '\(name.excerpt)' may not be chosen here; choose of \(offer)")
            }
            networks.append(.string(name))
        }
        return networks
    }
}
