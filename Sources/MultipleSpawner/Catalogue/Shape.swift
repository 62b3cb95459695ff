/// What a value in one of our files may be. One declaration serves three ends: the reader that checks and coerces, the
/// JSON Schema that editors use, and the nearest name that an error proposes.
public indirect enum Shape: Sendable {
    case string
    /// A string whose value is one of these.
    case choice([String])
    /// `true`, `false`, and the originals' `"True"`, `"False"`, `"yes"`, `"no"`.
    case boolean
    /// A whole number, also as a string: `22`, `"22"`.
    case integer(ClosedRange<Int>)
    /// A number, also as a string: `0.5`, `"2"`.
    case number(ClosedRange<Double>)
    /// An amount of memory: a number of GB, or text with a unit (`"512M"`, `"2G"`). Bound as bytes.
    case memory
    /// An amount with a unit, as a place's own interface counts it: bytes, nanoseconds, billionths of a core.
    case quantity(Quantity)
    /// A path; `~` is expanded when it is used.
    case path
    /// Text that becomes one setting among several, separated by commas, such as the options of a mount. What a
    /// placeholder brings in must not hold a separator: it would be a further setting, chosen by a user.
    case setting
    /// Text that is taken apart into words, as a shell does, after placeholders were filled in. What one brings in must
    /// not hold what separates or quotes: it would be a further word, chosen by a user.
    case words
    /// A list. A single value stands for a list of one, as in the originals' `playbook_path`.
    case list(Shape)
    /// An object with free keys.
    case map(Shape)
    case object(ObjectShape)
    /// The first of these that fits.
    case either([Shape])
    /// Any JSON at all, kept as it is.
    case anything
}

/// An object with known keys.
public struct ObjectShape: Sendable {
    public var fields: [Field]
    /// What other keys may hold; `nil`: an unknown key is an error.
    public var others: Shape?
    /// Where the value of one key decides what another may hold.
    public var variants: Variants?

    public init(_ fields: [Field], others: Shape? = nil, variants: Variants? = nil) {
        self.fields = fields
        self.others = others
        self.variants = variants
    }
}

/// The value of one key, such as `class`, decides the shape of another, such as `kwargs`.
public struct Variants: Sendable {
    public struct Case: Sendable {
        /// The name of this shape in a schema.
        public let title: String
        /// The values of the selector that mean this one.
        public let names: [String]
        public let shape: Shape

        public init(_ title: String, names: [String], _ shape: Shape) {
            self.title = title
            self.names = names
            self.shape = shape
        }
    }

    /// The key that decides.
    public let selector: String
    /// The key whose shape is decided. What it must hold may also be completed elsewhere, so nothing in it is required.
    public let target: String
    public let cases: [Case]
    /// The value of the selector where it is not given.
    public let preset: String?

    public init(selector: String, target: String, cases: [Case], preset: String? = nil) {
        self.selector = selector
        self.target = target
        self.cases = cases
        self.preset = preset
    }

    /// What the target may hold when the selector has this value; `nil` for a value that is not known.
    func shape(for name: String?) -> Shape? {
        guard let name = name ?? preset else { return nil }
        return cases.first { $0.names.contains(name) }?.shape
    }
}

/// One key of an object.
public struct Field: Sendable {
    public let name: String
    /// Other spellings that are read as this one.
    public let aliases: [String]
    public let shape: Shape
    public let isRequired: Bool
    /// One line for the schema and for people.
    public let summary: String

    public init(
        _ name: String, _ shape: Shape, aliases: [String] = [], required: Bool = false, _ summary: String
    ) {
        self.name = name
        self.aliases = aliases
        self.shape = shape
        self.isRequired = required
        self.summary = summary
    }
}
