import MultipleSpawner

extension String {
    /// The text in one line, without control and direction characters, 300 characters at most.
    var cloudLine: String {
        var text = ""
        var count = 0
        for scalar in unicodeScalars {
            guard count < 300 else { return text + "…" }
            let isHidden = scalar.isControl || scalar.properties.generalCategory == .format
            text.unicodeScalars.append(isHidden ? " " : scalar)
            count += 1
        }
        return text
    }
}
