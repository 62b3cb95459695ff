import MultipleSpawner

/// Which keys users may give beyond image and files.
struct UserOptionPolicy {
    let isOn: Bool
    let allowed: Set<String>
    let options: JSONValue

    init(_ options: JSONValue) {
        isOn = options["use_user_options"]?.boolValue ?? false
        allowed = Set(options["allowed_user_options"]?.arrayValue?.compactMap(\.stringValue) ?? [])
        self.options = options
    }

    var keys: [String] { isOn ? ["container_spec", "resource_spec"] : [] }
}
