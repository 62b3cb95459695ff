/// One element of an XML text: its name without a prefix, what is in it, and no attributes: no answer of ours needs them.
struct XMLElement: Sendable, Hashable {
    let name: String
    /// All text that stands directly in it, blanks at either end taken off.
    var text: String
    var children: [XMLElement]

    init(_ name: String, text: String = "", children: [XMLElement] = []) {
        self.name = name
        self.text = text
        self.children = children
    }

    /// The first child of that name.
    subscript(name: String) -> XMLElement? { children.first { $0.name == name } }

    /// The text of the element that the path leads to; `nil` where there is none, or it is empty.
    func value(_ path: String...) -> String? {
        var element = self
        for name in path {
            guard let next = element[name] else { return nil }
            element = next
        }
        return element.text.isEmpty ? nil : element.text
    }

    /// The elements `item` of the list of that name.
    func items(_ name: String) -> [XMLElement] { self[name]?.children.filter { $0.name == "item" } ?? [] }
}
