extension Diagnostic {
    /// The name of what was broken: stable, so that it can be looked up and filtered by.
    public enum Rule: String, Sendable, Hashable, Codable, CaseIterable {
        // The text is no JSON.
        case emptyFile = "empty-file"
        case syntax
        case badNumber = "bad-number"
        case badString = "bad-string"
        case badUTF8 = "bad-utf8"
        case loneSurrogate = "lone-surrogate"
        case duplicateKey = "duplicate-key"
        case tooDeep = "too-deep"
        case tooManyErrors = "too-many-errors"
        // It can be read, but is not how JSON is written.
        case trailingComma = "trailing-comma"
        case lineContinuation = "line-continuation"
        // A value does not fit its place.
        case unknownKey = "unknown-key"
        case missingKey = "missing-key"
        case wrongType = "wrong-type"
        case outOfRange = "out-of-range"
        case unknownValue = "unknown-value"
        // The parts do not fit each other.
        case twoForms = "two-forms"
        case emptyName = "empty-name"
        case missingName = "missing-name"
        case duplicateName = "duplicate-name"
        case unknownTemplate = "unknown-template"
        case unreachableTemplate = "unreachable-template"
        case unusedDeployment = "unused-deployment"
        case closedMachine = "closed-machine"
        case noTemplates = "no-templates"
        case unreadableFile = "unreadable-file"
        // Placeholders.
        case unknownPlaceholder = "unknown-placeholder"
        case secretPlaceholder = "secret-placeholder"
    }
}
