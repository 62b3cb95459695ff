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
    /// A path; `~` is expanded when it is used.
    case path
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

    public init(_ fields: [Field], others: Shape? = nil) {
        self.fields = fields
        self.others = others
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
