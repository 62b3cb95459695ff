import MultipleSpawner

/// Whether a volume driver can work with its options. What it would find out on a node, long after, is told at once.
struct VolumeDriverCheck {
    private let driver: NamedDriver
    private let options: [String: String]

    init(_ driver: NamedDriver) {
        self.driver = driver
        options = driver.options ?? [:]
    }

    func check() throws(SpawnError) {
        if let device = options["device"] {
            // `:/export/home` of NFS, `//server/share` of CIFS, a path, or the address of a server before it.
            try checkDevice(device)
        }
        if isSSHFS { try checkSSHFS() }
    }

    private func checkDevice(_ device: String) throws(SpawnError) {
        let what = "the 'device' of a volume"
        guard !ContainerPath.holdsParent(device) else {
            throw SpawnError(.invalidRequest, "\(what) is '\(device.excerpt)'; '..' is not allowed in it")
        }
        // An address with a scheme, as WebDAV has it, may end in a slash.
        guard !device.utf8.contains("://".utf8) else { return }
        // What follows the server of NFS; a share of CIFS begins with two slashes.
        let colon = device.utf8.firstIndex(of: UInt8(ascii: ":"))
        var path = colon.map { device.utf8[device.utf8.index(after: $0)...] } ?? device.utf8[...]
        if path.starts(with: "//".utf8) { path = path.dropFirst() }
        try ContainerPath.checkComponents(of: String(Substring(path)), calling: what)
    }

    /// Whether this is the sshfs plug-in, under whatever name it was installed.
    private var isSSHFS: Bool { driver.name.lowercased().contains("sshfs") }

    private func checkSSHFS() throws(SpawnError) {
        guard let source = options["sshcmd"], !source.isEmpty else {
            throw problem("lacks 'sshcmd'; give 'user@host:/path'")
        }
        guard source.utf8.first != UInt8(ascii: "-"), source.utf8.contains(UInt8(ascii: ":")),
            !source.unicodeScalars.contains(where: { $0.isControl || $0 == " " })
        else { throw problem("has an 'sshcmd' that is not 'user@host:/path'") }
        let path = source.utf8.split(separator: UInt8(ascii: ":")).last.map { String(Substring($0)) } ?? ""
        if ContainerPath.holdsParent(path) { throw problem("has '..' in its 'sshcmd'") }
        let keys = ["password", "id_rsa", "identity_file"].filter { options[$0]?.isEmpty == false }
        guard keys.count == 1 else {
            throw problem(
                keys.isEmpty
                    ? "has no way to log in; give 'password', 'id_rsa' or 'identity_file'"
                    : "has \(keys.map { "'\($0)'" }.joined(separator: " and ")); give one of them")
        }
        if let port = options["port"], !(1...65535).contains(Int(port) ?? 0) {
            throw problem("has a 'port' that is not one")
        }
        for (name, value) in options where name != "password" && name != "id_rsa" {
            guard !value.unicodeScalars.contains(where: \.isControl) else {
                throw problem("has a control character in '\(name.excerpt)'")
            }
        }
    }

    /// Names the driver and never a value, which may be a key.
    private func problem(_ what: String) -> SpawnError {
        SpawnError(.invalidRequest, "the volume of '\(driver.name.excerpt)' \(what)")
    }
}
