import MultipleSpawner

/// The declarations of the parts that templates, images and users give services. The names are docker-py's, as
/// SwarmSpawner passes them on; Docker's own are read as well.
enum SwarmShape {
    /// Text, or a list of texts. Text is taken apart as a shell does.
    static let command = Shape.either([.words, .list(.string)])

    /// Variables, as an object or as a list of `NAME=value`.
    static let variables = Shape.either([.map(.string), .list(.string)])

    static let labels = Shape.map(.string)

    /// A user or group by name or number.
    static let account = Shape.string

    /// Permission bits: `292`, `"0444"`.
    static let mode = Shape.quantity(.permissions)

    static let port = Shape.integer(1...65535)
}
