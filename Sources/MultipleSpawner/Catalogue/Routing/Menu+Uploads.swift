extension Menu.Uploads {
    /// Why these files are not taken, as a sentence about what takes them; `nil` when they are.
    public func refusal(of files: [(name: String, bytes: Int)]) -> String? {
        guard files.count <= mostFiles else {
            return "it takes \(mostFiles) file\(mostFiles == 1 ? "" : "s") at most, not \(files.count)"
        }
        for (name, bytes) in files {
            guard extensions.contains(where: { Self.ends(name, with: $0) }) else {
                return "it does not take the file '\(name.excerpt)'; its name must end with "
                    + NearestName.list(extensions)
            }
            guard bytes <= mostBytes else {
                return "the file '\(name.excerpt)' has \(bytes) bytes; the most is \(mostBytes)"
            }
        }
        return nil
    }

    /// Bytes are compared: a letter that melts into the dot before it is another character, and the same file name.
    private static func ends(_ name: String, with suffix: String) -> Bool {
        name.utf8.count > suffix.utf8.count && Array(name.utf8.suffix(suffix.utf8.count)) == Array(suffix.utf8)
    }
}
