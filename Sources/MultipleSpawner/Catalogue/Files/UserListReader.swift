/// Reads the files that `access` names while the catalogue is read, each of them once.
final class UserListReader {
    private(set) var lists = UserLists()
    /// All that were asked for, also those that could not be read, in their order.
    private(set) var paths: [String] = []
    private var failures: [String: SpawnError] = [:]
    private let read: CatalogueSources.UserList

    init(_ read: @escaping CatalogueSources.UserList) {
        self.read = read
    }

    /// The access with everybody whom its files list. A file that cannot be read is told where it is named.
    func resolve(_ access: Access, in node: JSONNode?, remarks: inout [Remark]) -> Access {
        for path in access.files.sorted() {
            guard let failure = failure(of: path), let node else { continue }
            remarks.append(
                Remark(
                    .error, at: (node.first(string: path) ?? node).range.lowerBound, .unreadableFile, failure.message))
        }
        return lists.resolve(access)
    }

    /// The same for the images of a menu, which `node` gave.
    func resolve(_ menu: Menu, in node: JSONNode?, remarks: inout [Remark]) -> Menu {
        let files = menu.images.reduce(into: Set<String>()) { $0.formUnion($1.access?.files ?? []) }
        if !files.isEmpty { _ = resolve(Access(files: files), in: node, remarks: &remarks) }
        return lists.resolve(menu)
    }

    /// Reads a file unless it is known; returns why it cannot be read.
    private func failure(of path: String) -> SpawnError? {
        if paths.contains(path) { return failures[path] }
        paths.append(path)
        do {
            lists.add(try UserLists.names(in: read(path)), as: path)
            return nil
        } catch {
            failures[path] = error
            return error
        }
    }
}

extension JSONNode {
    /// The first string with this text, in the order of the file.
    fileprivate func first(string text: String) -> JSONNode? {
        switch value {
        case .string(let own): return own == text ? self : nil
        case .array(let elements): return elements.lazy.compactMap { $0.first(string: text) }.first
        case .object(let members): return members.lazy.compactMap { $0.value.first(string: text) }.first
        default: return nil
        }
    }
}
