import MultipleSpawner

/// Names of things at libvirt, and of things on its host.
enum LibvirtName {
    /// - Throws: `invalid_request` for what is no name of a pool, a network or a volume.
    static func check(_ name: String, of option: String) throws(SpawnError) {
        guard (1...200).contains(name.utf8.count), !name.contains("/"), !name.hasPrefix("."),
            !name.unicodeScalars.contains(where: \.isControl)
        else {
            throw SpawnError(.invalidRequest, "'\(name.excerpt)' in '\(option)' is no name; take out what is no letter")
        }
    }

    /// - Throws: `invalid_request` for what is no whole path.
    static func check(path: String, of option: String) throws(SpawnError) {
        guard path.hasPrefix("/"), path.utf8.count <= 4096, !path.unicodeScalars.contains(where: \.isControl),
            !path.split(separator: "/").contains("..")
        else {
            throw SpawnError(
                .invalidRequest,
                "'\(path.excerpt)' in '\(option)' is no whole path on libvirt's host; begin it with '/', without '..'")
        }
    }

    /// - Throws: `invalid_request` for what is neither a host's name nor an address.
    static func check(host: String, of option: String) throws(SpawnError) {
        let isHost = host.unicodeScalars.allSatisfy { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789.-_:%".unicodeScalars.contains(scalar))
        }
        guard isHost, (1...253).contains(host.utf8.count), !host.hasPrefix("-") else {
            throw SpawnError(
                .invalidRequest,
                "'\(host.excerpt)' in '\(option)' is no name and no address; write one (a placeholder is for templates)"
            )
        }
    }

    /// - Throws: `invalid_request` for what is no word such as `q35` or `x86_64`.
    static func check(word: String, of option: String) throws(SpawnError) {
        let isWord = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isWord, (1...64).contains(word.utf8.count) else {
            throw SpawnError(
                .invalidRequest, "'\(word.excerpt)' in '\(option)' is no name that libvirt knows; see its documentation"
            )
        }
    }

    /// What a person finds the machine by, and what it calls itself: our prefix, the user's name as far as a host may be
    /// called so, and the beginning of the token, which makes it the only one.
    static func machine(_ prefix: String, for wanted: MachineRequest) -> String {
        var label = ""
        for scalar in wanted.identity.label.lowercased().unicodeScalars where label.utf8.count < 24 {
            let isPlain = ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar)
            if isPlain { label.unicodeScalars.append(scalar) } else if label.last != "-" { label += "-" }
        }
        let parts = [prefix, label, String(wanted.token.rawValue.dropFirst(3).prefix(12))]
        return parts.map { $0.split(separator: "-").joined(separator: "-") }.filter { !$0.isEmpty }
            .joined(separator: "-")
    }
}
