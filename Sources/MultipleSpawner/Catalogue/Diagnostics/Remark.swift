/// A diagnostic that knows only the byte it is about. Line, column and key path are found when it is shown.
struct Remark: Sendable, Hashable {
    let severity: Diagnostic.Severity
    let offset: Int
    let rule: Diagnostic.Rule
    let message: String

    init(_ severity: Diagnostic.Severity, at offset: Int, _ rule: Diagnostic.Rule, _ message: String) {
        self.severity = severity
        self.offset = offset
        self.rule = rule
        self.message = message
    }
}
