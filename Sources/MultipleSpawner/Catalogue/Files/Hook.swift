/// A step of a start that a template asks for besides the backend: an authenticator or a configurer.
public struct Hook: Sendable, Hashable {
    /// The name of the plug-in.
    public let name: String
    /// Positional arguments, which the originals pass to an authenticator.
    public let arguments: [JSONValue]
    /// `kwargs` of an authenticator, `options` of a configurer, placeholders not filled in.
    public let options: JSONValue

    static func authenticatorShape(_ registry: Registry) -> ObjectShape {
        let known = registry.authenticators.map {
            Variants.Case($0.kind.rawValue + "-authenticator", names: $0.classes, .object($0.options))
        }
        let announced = registry.announcedHooks.filter { registry.authenticatorEntry(named: $0) == nil }
        let cases = known + announced.map { Variants.Case($0, names: [$0], .map(.anything)) }
        return ObjectShape(
            [
                Field("class", .choice(cases.flatMap(\.names)), "The authenticator."),
                Field("args", .list(.anything), "Its positional arguments."),
                Field("kwargs", .map(.anything), "Its options."),
            ], variants: Variants(selector: "class", target: "kwargs", cases: cases))
    }

    static func configurerShape(_ registry: Registry) -> ObjectShape {
        let known = registry.configurers.map {
            Variants.Case($0.kind.rawValue + "-configurer", names: $0.classes, .object($0.options))
        }
        let announced = registry.announcedHooks.filter { registry.configurerEntry(named: $0) == nil }
        let cases = known + announced.map { Variants.Case($0, names: [$0], .map(.anything)) }
        return ObjectShape(
            [
                Field("class", .choice(cases.flatMap(\.names)), "The configurer."),
                Field("options", .map(.anything), aliases: ["kwargs"], "Its options."),
            ], variants: Variants(selector: "class", target: "options", cases: cases))
    }

    /// `nil` for `{}`: no hook is wanted.
    init?(bound: JSONValue) {
        guard let name = bound["class"]?.stringValue else { return nil }
        self.name = name
        arguments = bound["args"]?.arrayValue ?? []
        options = bound["kwargs"] ?? bound["options"] ?? [:]
    }
}
