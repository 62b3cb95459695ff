import MultipleSpawner

/// The files of one run, in its directory.
struct RunFiles: Sendable {
    let directory: RunDirectory
    let inventory: String
    /// An empty one, for Ansible would look for another.
    let configuration: String
    let sshConfiguration: String
    let plugins: String
    /// Where `ssh` has the sockets of the connections that it keeps.
    let sockets: String
    let temporary: String

    /// The name of our plug-in, which tells on its output what is done.
    static let callback = "multiplespawner_lines"

    /// Makes them, on the calling thread.
    init(_ run: PlaybookRun, password: Secret?) throws(SpawnError) {
        let sshText = try run.sshConfiguration()
        directory = try RunDirectory()
        do throws(SpawnError) {
            inventory = try directory.file("inventory.yml", run.inventoryText(password: password))
            configuration = try directory.file("ansible.cfg", "")
            sshConfiguration = try directory.file("ssh_config", sshText)
            plugins = try directory.folder("plugins")
            _ = try directory.file("plugins/\(Self.callback).py", PackageResources.multiplespawner_lines_py)
            sockets = try directory.folder("ssh")
            temporary = try directory.folder("tmp")
        } catch {
            directory.remove()
            throw error
        }
    }
}
