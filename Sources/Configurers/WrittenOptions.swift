import MultipleSpawner

extension Preparation {
    /// Sees to it that what stands at these keys was written by an admin, to the letter: a placeholder there would let a
    /// user's name become a command, or name a file.
    func requireWritten(_ path: String...) throws(SpawnError) {
        var (value, written): (JSONValue?, JSONValue?) = (options, self.written)
        for key in path { (value, written) = (value?[key], written?[key]) }
        guard let value, value != written else { return }
        throw SpawnError(
            .invalidRequest,
            "a placeholder is filled in at '\(path.joined(separator: "."))', where a user's name would become a part of a "
                + "command or of a path; hand the value over as a variable, and write the rest as it is")
    }
}
