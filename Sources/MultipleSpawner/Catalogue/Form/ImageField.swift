/// Reads the field of the image: `{"image": …, "name": …}`, as JSON or as Python writes a dictionary.
///
/// SwarmSpawner's own form sends the latter, and its tests the former. Nothing is evaluated: what is read is one flat
/// object of strings, and anything else is an error.
enum ImageField {
    /// The longest text that is looked at, in bytes: far more than any image's name needs.
    static let longest = 4096

    /// - Throws: `invalid_request` that names the field.
    static func read(_ text: String) throws(SpawnError) -> (image: String?, name: String?) {
        guard text.utf8.count <= longest else {
            throw refusal("has \(text.utf8.count) bytes; the most is \(longest)")
        }
        var reader = FlatObjectReader(text)
        guard let members = reader.read() else {
            throw refusal(
                "is '\(text.excerpt)', which cannot be read; send {\"image\": \"…\", \"name\": \"…\"}")
        }
        for key in members.keys.sorted() where key != "image" && key != "name" {
            throw refusal("has the key '\(key.excerpt)'; known are 'image', 'name'")
        }
        guard members["image"] ?? members["name"] != nil else {
            throw refusal("names neither an 'image' nor a 'name'")
        }
        return (members["image"], members["name"])
    }

    private static func refusal(_ reason: String) -> SpawnError {
        SpawnError(.invalidRequest, "the field '\(FormField.image.rawValue)' \(reason)")
    }
}
