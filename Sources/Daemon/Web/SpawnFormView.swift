import FoundationEssentials
import MultipleSpawner

/// The form as the template shows it: plain lists and texts, each chosen already.
struct SpawnFormView {
    struct Option {
        let value: String
        let label: String
        let isSelected: Bool
    }

    struct Group {
        let label: String
        let options: [Option]
    }

    struct Number {
        let name: String
        let label: String
        let value: String
        let help: String
        /// Which keys a phone shows.
        let mode: String
    }

    /// What is free somewhere, and what it costs.
    struct Room {
        let place: String
        let count: String
        let largest: String
        let price: String
    }

    let isEmpty: Bool
    let quotas: [String]
    let hasQuotas: Bool
    let rooms: [Room]
    let hasRooms: Bool
    let providers: [Option]
    let types: [Option]
    let templates: [Group]
    let hasDeployments: Bool
    let deployments: [Group]
    let menus: [SpawnMenuView]
    let numbers: [Number]
    /// The whole offer for the script, as JSON that cannot leave its element.
    let offer: String
    let script = SpawnFormPage.script
    let providerLabel = FormField.provider.label
    let typeLabel = FormField.resourceType.label
    let templateLabel = FormField.template.label
    let deploymentLabel = FormField.deployment.label

    init(_ form: SpawnForm) throws {
        isEmpty = form.isEmpty
        quotas = form.quotas
        hasQuotas = !quotas.isEmpty
        rooms = Self.rooms(form)
        hasRooms = !rooms.isEmpty
        providers = Self.choices(
            form.providers.map { ($0.name, $0.displayName) }, selected: form.values[.provider])
        types = Self.choices(
            form.providers.flatMap(\.types).map { ($0.name, $0.displayName) }, selected: form.values[.resourceType])
        templates = form.providers.flatMap { provider in
            provider.types.map { type in
                Group(
                    label: "\(provider.displayName): \(type.displayName)",
                    options: Self.options(
                        type.templates.map { template in
                            (
                                template.name,
                                Self.label(of: template)
                            )
                        }, selected: form.values[.template]))
            }
        }
        deployments = Self.deployments(form)
        hasDeployments = !deployments.isEmpty
        menus = form.menus.indices.map { SpawnMenuView(form, number: $0) }
        numbers = [FormField.memory, .cpu, .gpu, .lifetime].map { field in
            Number(
                name: field.rawValue, label: field.label, value: form.values[field] ?? "",
                help: Self.help(field, form), mode: field == .memory || field == .cpu ? "decimal" : "numeric")
        }
        offer = try Self.json(form)
    }

    /// `Lab: machines with a GPU (3 free; 0.2 per hour)`
    private static func label(of template: SpawnForm.Template) -> String {
        let label = [template.name, template.description].compactMap(\.self).joined(separator: ": ")
        return template.room.map { "\(label) (\($0.words))" } ?? label
    }

    /// A line for each provider; where its templates do not have the same, one for each of them.
    private static func rooms(_ form: SpawnForm) -> [Room] {
        form.providers.flatMap { provider in
            let templates = provider.types.flatMap(\.templates)
            let different = Set(templates.map(\.room))
            guard different.count > 1 else {
                return different.first.flatMap(\.self).map { [room($0, provider.displayName)] } ?? []
            }
            return templates.compactMap { template in
                template.room.map { room($0, "\(provider.displayName): \(template.name)") }
            }
        }
    }

    private static func room(_ room: MultipleSpawner.Room, _ place: String) -> Room {
        Room(place: place, count: room.count, largest: room.largest, price: room.price)
    }

    /// Several choices begin with none, so that a form without scripts need not be made to fit together.
    private static func choices(_ entries: [(name: String, label: String)], selected: String?) -> [Option] {
        let options = options(entries, selected: selected)
        return options.count > 1 ? [Option(value: "", label: "Any", isSelected: false)] + options : options
    }

    /// The entries without doubles. The first of a name is the one that is selected.
    private static func options(_ entries: [(name: String, label: String)], selected: String?) -> [Option] {
        var seen: Set<String> = []
        return entries.filter { seen.insert($0.name).inserted }.map { name, label in
            Option(value: name, label: label, isSelected: name == selected)
        }
    }

    /// What can be launched on each kind of machine.
    private static func deployments(_ form: SpawnForm) -> [Group] {
        var types: [(label: String, entries: [(String, String)])] = []
        for type in form.providers.flatMap(\.types) {
            let entries = type.templates.flatMap(\.deployments).map { ($0.name, $0.description ?? $0.name) }
            if let known = types.firstIndex(where: { $0.label == type.displayName }) {
                types[known].entries += entries
            } else {
                types.append((type.displayName, entries))
            }
        }
        return types.filter { !$0.entries.isEmpty }.map { label, entries in
            Group(label: label, options: options(entries, selected: form.values[.deployment]))
        }
    }

    /// The most that any of the templates allows; the script shows that of the chosen one.
    private static func help(_ field: FormField, _ form: SpawnForm) -> String {
        let limits = form.providers.flatMap(\.types).flatMap(\.templates).map(\.limits)
        let all: [Double?] = limits.map { limits in
            switch field {
            case .memory: limits.memory.map { Double($0) / Double(ResourceSpecification.gibibyte) }
            case .cpu: limits.cpu
            case .gpu: limits.gpu.map(Double.init)
            default: limits.longestLifetime.map(Double.init)
            }
        }
        let bounds = all.compactMap(\.self)
        guard bounds.count == all.count, let most = bounds.max() else { return "" }
        let text = Int(exactly: most).map(String.init) ?? String(most)
        return "At most \(text)\(field == .memory ? " GB" : "")."
    }

    private static func json(_ form: SpawnForm) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(form), as: UTF8.self).escapedForScript
    }
}

extension String {
    /// JSON that may stand in a `<script>`: nothing in it can end the element or begin another.
    var escapedForScript: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "<": text += "\\u003c"
            case ">": text += "\\u003e"
            case "&": text += "\\u0026"
            case "\u{2028}": text += "\\u2028"
            case "\u{2029}": text += "\\u2029"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
