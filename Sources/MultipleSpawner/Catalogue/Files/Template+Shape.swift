extension Template {
    /// The backend of a template that names none, as in the original.
    static let presetClass = "jupyterhub.spawner.SimpleLocalProcessSpawner"

    /// The declaration of one entry of `spawner_templates.json`.
    static func shape(for registry: Registry) -> ObjectShape {
        let variants = Variants(
            selector: "class", target: "kwargs",
            cases: registry.backends.map { entry in
                Variants.Case(
                    entry.kind.rawValue, names: entry.classes, entry.options.map(Shape.object) ?? .map(.anything))
            },
            preset: presetClass)
        let spawner = [
            Field(
                "class", .choice(registry.classNames),
                "The backend. \(presetClass) when it is not given."),
            Field("kwargs", .map(.anything), "The backend's options."),
        ]
        let configurer = Shape.object(Hook.configurerShape(registry))
        return ObjectShape(
            [
                Field("name", .string, "What the template is called, in the form and in requests."),
                Field(
                    "resource_type", .choice(ResourceType.allCases.map(\.rawValue)), aliases: ["type"], required: true,
                    "The kind of machine: container, virtual_machine or bare_metal."),
                Field(
                    "providers", .list(.string), aliases: ["provider"], required: true,
                    "The providers that it serves."),
                Field(
                    "spawner", .object(ObjectShape(spawner, variants: variants)),
                    "The backend and its options; or write class and kwargs beside the name."),
            ] + spawner + [
                Field(
                    "authenticator", .object(Hook.authenticatorShape(registry)),
                    "What makes the way in to the machine; {} for none."),
                Field(
                    "configurer", .either([configurer, .list(configurer)]), aliases: ["configurers"],
                    "What prepares the machine, one or several in their order; {} for none."),
                Field(
                    "machine", .object(ObjectShape(MachinePolicy.fields)),
                    "What machine the provider is asked for, and what becomes of it afterwards."),
                Field("access", Access.shape, "Who may use it; everybody, when it is not given."),
                Field("description", .string, "A line for the form."),
                Field("icon", .string, "A picture for the form: the path or address of an image."),
                Field("limits", .object(ObjectShape(HardwareLimits.fields)), "The most that a user may ask for."),
                Field("lifetime", .object(LifetimeRule.shape), "How long its servers run, in minutes."),
                Field(
                    "priority", .integer(-1_000_000...1_000_000), "Higher is looked at first; 0 when it is not given."),
                Field("fallback", .list(.string), "Names of templates to try next when this one cannot be served."),
            ],
            variants: variants)
    }
}
