/// What each template, alone and with each deployment, lets its users choose from: read out of the options once.
struct Menus: Sendable {
    struct Entry: Sendable {
        var menu = Menu()
        /// Whether placeholders decide what is in it, so that it must be read again for a request.
        var dependsOnRequest = false
    }

    private struct Key: Hashable {
        let template: Int
        let deployment: Int?
    }

    private var entries: [Key: Entry] = [:]
    private let lists: UserLists

    init(templates: [Template], deployments: [ResourceType: [Deployment]], lists: UserLists) {
        self.lists = lists
        for template in templates where template.entry.backend != nil {
            let own = entry(template, nil)
            if !own.isTrivial { entries[Key(template: template.offset, deployment: nil)] = own }
            for deployment in deployments[template.resourceType] ?? [] {
                guard let options = deployment.options[template.backend], !options.values.isEmpty else { continue }
                let both = entry(template, options)
                guard !both.isTrivial || !own.isTrivial else { continue }
                entries[Key(template: template.offset, deployment: deployment.offset)] = both
            }
        }
    }

    subscript(template: Template, deployment: Deployment?) -> Entry {
        if let deployment, let entry = entries[Key(template: template.offset, deployment: deployment.offset)] {
            return entry
        }
        return entries[Key(template: template.offset, deployment: nil)] ?? Entry()
    }

    /// The menu of options that were filled in for a request.
    func menu(of options: [String: JSONValue], _ template: Template) -> Menu {
        lists.resolve(template.entry.menu(of: options))
    }

    private func entry(_ template: Template, _ extra: OptionSet?) -> Entry {
        let options = template.options.merged(with: extra)
        let menu = extra == nil ? template.menu : menu(of: options, template)
        let open = options.filter { key, value in
            !OptionSet.verbatimKeys.contains(key) && value.holdsPlaceholders
        }
        guard !open.isEmpty else { return Entry(menu: menu) }
        // Only the backend knows what its menu is made of: it is tried with other values in the places of placeholders.
        let probes: [JSONValue] = ["\u{1}", true, false, 1]
        let dependsOnRequest = probes.contains { probe in
            var tried = options
            for (key, value) in open { tried[key] = value.replacingPlaceholders(by: probe) }
            return self.menu(of: tried, template) != menu
        }
        return Entry(menu: menu, dependsOnRequest: dependsOnRequest)
    }
}

extension Menus.Entry {
    fileprivate var isTrivial: Bool { menu == Menu() && !dependsOnRequest }
}

extension OptionSet {
    /// The values, and over them a deployment's.
    func merged(with extra: OptionSet?) -> [String: JSONValue] {
        guard let extra else { return values }
        return values.merging(extra.values) { _, deployment in deployment }
    }
}

extension JSONValue {
    fileprivate var holdsPlaceholders: Bool {
        switch self {
        case .string(let text): !PlaceholderText(text).names.isEmpty
        case .array(let elements): elements.contains(where: \.holdsPlaceholders)
        case .object(let members): members.values.contains(where: \.holdsPlaceholders)
        default: false
        }
    }

    /// The value with another in the place of every text that holds a placeholder.
    fileprivate func replacingPlaceholders(by other: JSONValue) -> JSONValue {
        switch self {
        case .string(let text): PlaceholderText(text).names.isEmpty ? self : other
        case .array(let elements): .array(elements.map { $0.replacingPlaceholders(by: other) })
        case .object(let members): .object(members.mapValues { $0.replacingPlaceholders(by: other) })
        default: self
        }
    }
}
