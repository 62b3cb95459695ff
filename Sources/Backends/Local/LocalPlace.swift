import Glibc
import MultipleSpawner

/// Who a local server runs as and where its files are.
struct LocalPlace: Sendable {
    /// The account to take on; `nil`: the daemon's own.
    let account: LocalAccount?
    /// `USER`, as JupyterHub's spawners set it.
    let userName: String
    let home: String
    let shell: String
    /// Where the notebooks are, where somebody says so.
    let notebookDirectory: String?
    /// Where the process starts.
    let directory: String
    /// Whether `directory` is only what the account's entry says: a home that is not there is no reason to fail.
    let isDefaultDirectory: Bool

    init(_ plan: SessionPlan, _ options: LocalOptions) throws(SpawnError) {
        let user = plan.identity.user
        if options.switchesAccount {
            let account = try LocalAccount.named(user)
            try Self.check(account, options)
            self.account = account
            userName = account.name
            home = account.home.isEmpty ? "/" : account.home
            shell = account.shell.isEmpty ? "/bin/sh" : account.shell
        } else {
            let own = LocalAccount.current()
            account = nil
            userName = user
            home = options.homeDirectory.map { Self.home($0, of: user) } ?? own?.home ?? "/"
            shell = own?.shell ?? "/bin/sh"
            if options.homeDirectory != nil { try Self.makeHome(home) }
        }
        let notebooks = options.notebookDirectory ?? plan.settings.notebookDirectory
        notebookDirectory = notebooks.map { [home] in Self.resolve($0, home: home) }
        let directory = options.workingDirectory.map { [home] in Self.resolve($0, home: home) } ?? notebookDirectory
        isDefaultDirectory = directory == nil
        self.directory = directory ?? home
    }

    /// `~` is the server's home, and a relative path starts there.
    static func resolve(_ path: String, home: String) -> String {
        if path == "~" { return home }
        if path.hasPrefix("~/") { return home + path.dropFirst() }
        return path.hasPrefix("/") ? path : "\(home)/\(path)"
    }

    private static func check(_ account: LocalAccount, _ options: LocalOptions) throws(SpawnError) {
        let isAllowed = account.uid == 0 ? options.allowsRoot : account.uid >= options.leastUID
        guard isAllowed else {
            throw SpawnError(
                .forbidden,
                "account '\(account.name.excerpt)' has uid \(account.uid), and servers run as uid "
                    + "\(options.leastUID) or above; choose another user, or set 'least_uid'"
                    + (account.uid == 0 ? " and 'allow_root'" : "") + " in the template")
        }
        guard geteuid() == 0 || geteuid() == account.uid else {
            throw SpawnError(
                .unsupported,
                "the daemon runs with uid \(geteuid()) and cannot start servers as '\(account.name.excerpt)'; "
                    + "run it as root, or use 'jupyterhub.spawner.SimpleLocalProcessSpawner'")
        }
    }

    private static func home(_ template: String, of user: String) -> String {
        let named = template.split(separator: "{username}", omittingEmptySubsequences: false).joined(separator: user)
        return resolve(named, home: LocalAccount.current()?.home ?? "/")
    }

    /// Homes of this kind are often under `/tmp`, where a stranger may have made a link of that name.
    private static func makeHome(_ path: String) throws(SpawnError) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/\(part)"
            if mkdir(made, 0o755) != 0, errno != EEXIST {
                let reason = SystemError.last
                throw SpawnError(.backendFailed, "the home directory '\(path.excerpt)' cannot be made: \(reason)")
            }
        }
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid() else {
            throw SpawnError(
                .forbidden,
                "the home directory '\(path.excerpt)' is a link or belongs to somebody else; remove it or name another")
        }
    }
}
