extension TemplateReader {
    /// Checks what can only be seen when all has been read: names, fallbacks, providers.
    ///
    /// - Parameter file: the file that lists the providers; `nil` when they are those that the templates name.
    mutating func check(_ templates: [Template], against providers: [ProviderEntry], listedIn file: String?) {
        var names: Set<String> = []
        for template in templates where !names.insert(template.name).inserted {
            add(
                Remark(
                    .warning, at: template.offset, .duplicateName,
                    "the name '\(template.name.excerpt)' is used before; "
                        + "a request that gives it gets the first template that fits"))
        }
        for template in templates {
            for name in template.fallback where !names.contains(name) {
                add(
                    Remark(
                        .error, at: template.offset, .unknownTemplate,
                        "the fallback '\(name.excerpt)' is no template of this file"
                            + NearestName.proposal(for: name, among: names.sorted())))
            }
        }
        guard let file else { return }
        let types = Dictionary(providers.map { ($0.name, $0.types) }, uniquingKeysWith: { first, _ in first })
        for template in templates {
            for name in template.providers where types[name]?.contains(template.resourceType) != true {
                add(unreachable(template, through: name, types: types, file: file))
            }
        }
    }

    private func unreachable(
        _ template: Template, through provider: String, types: [String: [ResourceType]], file: String
    ) -> Remark {
        let reason =
            types[provider] == nil
            ? "it has no such provider" + NearestName.proposal(for: provider, among: types.keys.sorted())
            : "it does not list '\(template.resourceType.rawValue)' among that provider's types"
        return Remark(
            .warning, at: template.offset, .unreachableTemplate,
            "nothing leads to the template '\(template.name.excerpt)' through the provider '\(provider.excerpt)': "
                + "\(file): \(reason)")
    }

    /// Tells each template the line that it stands on.
    func numbered(_ templates: [Template]) -> [Template] {
        let lines = LineIndex(source.bytes)
        return templates.map { template in
            var template = template
            template.origin = "\(source.file):\(lines.position(of: template.offset, in: source.bytes).line)"
            return template
        }
    }
}
