import Mustache

/// A page's template that is part of the program. Every value in it is escaped as HTML.
///
/// A mistake in the template itself is thrown when it is rendered; a test renders each.
struct EmbeddedTemplate: Sendable {
    private let template: Result<MustacheTemplate, any Error>

    init(_ bytes: [UInt8]) {
        Self.registerEscaping
        template = Result {
            try MustacheTemplate(
                string: "{{% CONTENT_TYPE:\(Self.contentType)}}" + String(decoding: bytes, as: UTF8.self))
        }
    }

    func render(_ view: Any) throws -> String {
        try template.get().render(view)
    }

    private static let contentType = "STRICT_HTML"

    private static let registerEscaping: Void = MustacheContentTypes.register(StrictHTML(), named: contentType)
}

/// Escapes by Unicode scalars. The library's own escaping goes by characters, where a quote with a combining mark is no
/// quote; a browser takes it for one.
private struct StrictHTML: MustacheContentType {
    func escapeText(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "&": escaped += "&amp;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            case "`": escaped += "&#96;"
            case "\0": escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
