import Backends
import FoundationEssentials
import MultipleSpawner

extension DockerSettings {
    /// Where Docker is and who we are to registries: what the settings say, and the environment where they do not.
    func swarm(
        environment: [String: String], connections: Connections
    ) throws(SpawnError) -> SwarmConfiguration {
        var options: [String: JSONValue] = [:]
        if !hosts.isEmpty { options["docker_host"] = .array(hosts.map { .string($0) }) }
        if let tls {
            var files: [String: JSONValue] = [:]
            files["ca_cert"] = tls.authorities.map { .string($0) }
            if let certificate = tls.certificate, let key = tls.key {
                files["client_cert"] = [.string(certificate), .string(key)]
            }
            options["tls_config"] = .object(files)
        }
        let accounts = registries.mapValues { registry in
            JSONValue.object(["username": .string(registry.username), "password_file": .string(registry.passwordFile)])
        }
        let logins = RegistryLogins(
            dockerConfig: configuration, environment: environment,
            registries: accounts.isEmpty ? nil : .object(accounts))
        // What cannot be read now is told now, and not by the first start that needs it.
        _ = try logins.readNow()
        return SwarmConfiguration(
            host: try DockerHost(options: .object(options), environment: environment), environment: environment,
            logins: logins, http: connections.http, patientHTTP: connections.patientHTTP)
    }
}
