/// Docker reads `{{ }}` in variables, host names and mounts of a service as a template of its own, such as
/// `{{.Node.Hostname}}`. In a template's options that is the admin's to use; in what others say it is text.
enum DockerTemplate {
    /// The text so that Docker gives it back as it is.
    static func literal(_ text: String) -> String {
        guard holdsTemplate(text) else { return text }
        return String(decoding: Array(text.utf8).replacing("{{".utf8, with: #"{{"{{"}}"#.utf8), as: UTF8.self)
    }

    /// Bytes are compared, as Docker does: a scalar before it can make one character of itself and the brace.
    static func holdsTemplate(_ text: String) -> Bool { text.utf8.contains("{{".utf8) }
}
