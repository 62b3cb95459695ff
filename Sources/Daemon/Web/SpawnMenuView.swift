import MultipleSpawner

/// The images and the upload of one menu, as the template shows them.
struct SpawnMenuView {
    struct Image {
        let value: String
        let label: String
        let title: String
        let isSelected: Bool
    }

    /// The menu's place among the form's.
    let number: Int
    /// What tells the fields of one menu from those of another; nothing for the first.
    let suffix: String
    /// Whose it is; `nil` where there is no other.
    let title: String?
    let isAlone: Bool
    let hasImages: Bool
    let images: [Image]
    let imageLabel = FormField.image.label
    /// An admin's own HTML in the place of ours, filled in; `nil`: ours.
    let ownImages: String?
    let hasMachines: Bool
    let machines: [Image]
    let machineLabel = FormField.machine.label
    let hasUploads: Bool
    let accept: String
    let mostFiles: Int
    let mostBytes: Int
    let uploadHelp: String
    let ownUpload: String?

    init(_ form: SpawnForm, number: Int) {
        let menu = form.menus[number]
        self.number = number
        suffix = number == 0 ? "" : "-\(number)"
        isAlone = form.menus.count == 1
        title = isAlone ? nil : Self.owners(of: number, in: form).joined(separator: ", ")
        images = menu.images.map { image in
            Image(
                value: image.value, label: image.name, title: image.description ?? "",
                isSelected: image.value == form.values[.image])
        }
        machines = menu.machines.map { name in
            Image(value: name, label: name, title: "", isSelected: name == form.values[.machine])
        }
        hasMachines = !machines.isEmpty
        ownImages = menu.images.isEmpty ? nil : OwnPage.images(menu)
        hasImages = !images.isEmpty && ownImages == nil
        ownUpload = menu.uploads == nil ? nil : menu.page.upload
        hasUploads = menu.uploads != nil && ownUpload == nil
        accept = menu.uploads?.extensions.joined(separator: ",") ?? ""
        mostFiles = menu.uploads?.mostFiles ?? 0
        mostBytes = menu.uploads?.mostBytes ?? 0
        uploadHelp =
            "At most \(mostFiles) file\(mostFiles == 1 ? "" : "s") of \(MemorySize.text(mostBytes)) each: "
            + (menu.uploads?.extensions.joined(separator: ", ") ?? "")
    }

    /// The names of the templates, or of what they launch, that have this menu.
    private static func owners(of number: Int, in form: SpawnForm) -> [String] {
        var names: [String] = []
        for template in form.providers.flatMap(\.types).flatMap(\.templates) {
            let launched = template.deployments.filter { $0.menu == number }.map { $0.description ?? $0.name }
            let isOfAll = !launched.isEmpty && launched.count == template.deployments.count
            for name in isOfAll || template.menu == number ? [template.name] : launched where !names.contains(name) {
                names.append(name)
            }
        }
        return names
    }
}
