public import MultipleSpawner

extension OCIProvider {
    public func examine() async -> [Finding] {
        let deadline = ContinuousClock.now + .seconds(20)
        let subject = "oci: \(name.excerpt)"
        do {
            let client = try await client()
            return try await told("asking Oracle's cloud") {
                let key = CloudTags.key("installation", OCIClient.tagSeparator)
                let ours = try await client.instances(until: deadline) {
                    $0.isLiving && $0.tags[key] == site.installation
                }
                var findings = [
                    Finding(
                        .ok, subject,
                        "Oracle's cloud in \(client.place.region) answers; \(ours.count) of its machines are ours")
                ]
                let options = try OCIMachineOptions(settings.machine)
                let domains = try await client.domains(until: deadline)
                if let domain = options.domain, !domains.contains(domain) {
                    let names = domains.map { "'\($0.excerpt)'" }.joined(separator: ", ")
                    findings.append(
                        Finding(
                            .failed, subject, "there is no availability domain '\(domain.excerpt)'; there are \(names)")
                    )
                } else if let domain = options.domain ?? domains.first {
                    let portion = try await shapes.portion(
                        holding: ResourceSpecification(), options, in: domain, of: client, until: deadline)
                    findings.append(
                        Finding(
                            .ok, subject,
                            "the smallest machine would be a \(portion.shape.excerpt) in \(domain.excerpt)"))
                }
                return findings
            }
        } catch {
            let error = SpawnError(wrapping: error, "it cannot be asked")
            return [Finding(.failed, subject, error.message)]
        }
    }
}
