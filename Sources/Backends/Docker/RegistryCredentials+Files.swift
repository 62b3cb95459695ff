import Glibc
public import MultipleSpawner

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension RegistryCredentials {
    /// Reads Docker's configuration file and our settings. It reads files, so it is called beside the tasks' threads.
    ///
    /// - Parameters:
    ///   - dockerConfig: the path of a `config.json`; a file that is not there is no error.
    ///   - registries: `{"registry.example.com": {"username": "hub", "password_file": "/run/secrets/registry"}}`
    public static func load(
        dockerConfig: String?, registries: JSONValue? = nil
    ) throws(SpawnError) -> RegistryCredentials {
        var credentials = RegistryCredentials()
        if let dockerConfig { try credentials.add(dockerConfig: dockerConfig) }
        if let registries, !registries.isNull { try credentials.add(settings: registries) }
        return credentials
    }

    /// Where Docker's own client has its configuration: `DOCKER_CONFIG`, else `~/.docker`.
    public static func usualDockerConfig(environment: [String: String]) -> String? {
        if let directory = environment["DOCKER_CONFIG"], !directory.isEmpty { return "\(directory)/config.json" }
        return environment["HOME"].map { "\($0)/.docker/config.json" }
    }

    private struct DockerConfig: Decodable {
        struct Entry: Decodable {
            let auth: String?
            let username: String?
            let password: String?
            let identitytoken: String?
        }

        let auths: [String: Entry]?
        let credHelpers: [String: String]?
        let credsStore: String?
    }

    private mutating func add(dockerConfig path: String) throws(SpawnError) {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try SystemFile.read(path)
        } catch {
            if error.number == ENOENT { return }
            throw SpawnError(.invalidRequest, "Docker's configuration '\(path.excerpt)' cannot be read: \(error)")
        }
        // What the decoder says of a broken file may quote it.
        guard let config = try? JSONDecoder().decode(DockerConfig.self, from: Data(bytes)) else {
            throw SpawnError(.invalidRequest, "Docker's configuration '\(path.excerpt)' is not as Docker writes it")
        }
        for (registry, entry) in (config.auths ?? [:]).sorted(by: { $0.key < $1.key }) {
            if let token = entry.identitytoken, !token.isEmpty {
                set(.identityToken(Secret(token)), for: registry)
            } else if let login = Self.login(entry) {
                set(login, for: registry)
            } else if entry.auth?.isEmpty == false {
                warn(path, "the login for '\(registry.excerpt)' is not base64 of 'user:password' and is left out")
            }
        }
        if let store = config.credsStore, !store.isEmpty {
            warn(
                path,
                "credsStore '\(store.excerpt)' is not supported: logins that are kept there are not used; name the "
                    + "registry in 'registries' of the settings, with a password_file")
        }
        for (registry, helper) in (config.credHelpers ?? [:]).sorted(by: { $0.key < $1.key }) {
            warn(
                path,
                "credHelpers '\(helper.excerpt)' for '\(registry.excerpt)' is not supported; name the registry in "
                    + "'registries' of the settings, with a password_file")
        }
    }

    private static func login(_ entry: DockerConfig.Entry) -> Login? {
        if let text = entry.auth, !text.isEmpty {
            guard let data = Data(base64Encoded: text) else { return nil }
            // Docker's own client has left zeros behind a password.
            let parts = Array(data).filter { $0 != 0 }
                .split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else { return nil }
            return .password(
                user: String(decoding: parts[0], as: UTF8.self), Secret(String(decoding: parts[1], as: UTF8.self)))
        }
        guard let user = entry.username, !user.isEmpty, let password = entry.password else { return nil }
        return .password(user: user, Secret(password))
    }

    private mutating func add(settings: JSONValue) throws(SpawnError) {
        guard let entries = settings.objectValue else {
            throw SpawnError(.invalidRequest, "'registries' is an object, not \(settings.kindName)")
        }
        for (registry, entry) in entries.sorted(by: { $0.key < $1.key }) {
            guard let members = entry.objectValue, Set(members.keys) == ["username", "password_file"],
                let user = members["username"]?.stringValue, !user.isEmpty,
                let file = members["password_file"]?.stringValue, !file.isEmpty
            else {
                throw SpawnError(
                    .invalidRequest,
                    "'\(registry.excerpt)' of 'registries' needs 'username' and 'password_file', and nothing else")
            }
            set(.password(user: user, try Self.password(file, of: registry)), for: registry)
        }
    }

    private static func password(_ file: String, of registry: String) throws(SpawnError) -> Secret {
        let text: String
        do throws(SystemError) {
            text = try SystemFile.text(file)
        } catch {
            throw SpawnError(
                .invalidRequest,
                "the password_file '\(file.excerpt)' for '\(registry.excerpt)' cannot be read: \(error)")
        }
        guard !text.isEmpty else {
            throw SpawnError(.invalidRequest, "the password_file '\(file.excerpt)' for '\(registry.excerpt)' is empty")
        }
        return Secret(text)
    }

    private mutating func warn(_ path: String, _ message: String) {
        findings.append(Finding(.warning, "docker: \(path.excerpt)", message))
    }
}
