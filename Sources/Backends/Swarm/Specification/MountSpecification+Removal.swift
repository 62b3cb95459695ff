extension MountSpecification {
    /// Whether it is a named volume that goes with the session: one labelled `autoremove` with anything but `False`.
    var isRemovedWithSession: Bool {
        guard kind == .volume, !source.isEmpty, let value = volume?.labels?[ServiceLabels.autoremove] else {
            return false
        }
        return value != "False"
    }
}
