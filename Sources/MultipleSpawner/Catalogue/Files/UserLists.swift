/// The files that `access` names, as they were read with the catalogue: whom each lists.
struct UserLists: Sendable {
    private var users: [String: Set<String>] = [:]

    /// The access with everybody whom its files list.
    func resolve(_ access: Access) -> Access {
        guard !access.files.isEmpty else { return access }
        var all = access.users
        for file in access.files {
            guard let listed = users[file] else { continue }
            // A long list is shared by all that name it, as long as nobody is named beside it.
            if all.isEmpty { all = listed } else { all.formUnion(listed) }
        }
        return Access(users: all, groups: access.groups, files: access.files)
    }

    func resolve(_ menu: Menu) -> Menu {
        guard menu.images.contains(where: { $0.access?.files.isEmpty == false }) else { return menu }
        var menu = menu
        menu.images = menu.images.map { image in
            Menu.Image(
                name: image.name, image: image.image, access: image.access.map { resolve($0) },
                description: image.description, position: image.position)
        }
        return menu
    }

    mutating func add(_ listed: Set<String>, as path: String) {
        users[path] = listed
    }

    /// The names in a list: one a line; `#` at the beginning of a line or after a space begins a comment.
    ///
    /// - Throws: `invalid_request` that names the line which is no text.
    static func names(in file: CatalogueSources.File) throws(SpawnError) -> Set<String> {
        var names: Set<String> = []
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let bytes = file.bytes.starts(with: mark) ? file.bytes.dropFirst(mark.count) : file.bytes[...]
        var number = 0
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            guard let text = String(validating: line, as: UTF8.self),
                !text.unicodeScalars.contains(where: { $0.isControl && $0 != "\t" && $0 != "\r" })
            else {
                throw SpawnError(
                    .invalidRequest, "'\(file.name)': line \(number) is no text in UTF-8; write one user a line")
            }
            let name = Substring(text).withoutComment.trimmed
            if !name.isEmpty { names.insert(String(name)) }
        }
        return names
    }
}

extension Substring {
    /// The text before a `#` that nothing, or a space, comes before.
    fileprivate var withoutComment: Substring {
        var isStart = true
        for index in indices {
            if self[index] == "#", isStart { return self[..<index] }
            isStart = self[index].isWhitespace
        }
        return self
    }
}
