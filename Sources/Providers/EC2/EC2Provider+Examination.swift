public import MultipleSpawner

extension EC2Provider {
    public func examine() async -> [Finding] {
        let deadline = ContinuousClock.now + .seconds(20)
        let subject = "ec2: \(name.excerpt)"
        do {
            _ = try await credentials.current()
            let client = try await client()
            return try await told("asking EC2") {
                let filter = "tag:" + CloudTags.key("installation", EC2Client.tagSeparator)
                let ours = try await client.instances([(filter, [site.installation])], until: deadline)
                let count = ours.filter(\.isLiving).count
                let answered = Finding(
                    .ok, subject, "EC2 in \(client.place.region) answers; \(count) of its machines are ours")
                return [answered, try await examineLaunch(client, subject, until: deadline)]
            }
        } catch {
            let error = SpawnError(wrapping: error, "it cannot be asked")
            return [Finding(.failed, subject, error.message)]
        }
    }

    /// Asks for a machine in earnest, but for the flag that says not to make it.
    private func examineLaunch(
        _ client: EC2Client, _ subject: String, until deadline: ContinuousClock.Instant
    ) async throws -> Finding {
        let options = try EC2MachineOptions(settings.machine)
        guard options.image != nil else {
            return Finding(
                .ok, subject, "the image is left to the templates; whether a machine may be made is not tried")
        }
        let image = try await client.image(options, until: deadline)
        let type: String =
            if let type = options.type { type } else {
                try await types.smallest(
                    holding: ResourceSpecification(), for: image, options, of: client, until: deadline
                ).name
            }
        let tags = [(key: CloudTags.key("installation", EC2Client.tagSeparator), value: site.installation)]
        let launch = EC2Launch(options: options, image: image, type: type, tags: tags, userData: "#cloud-config\n{}\n")
        var query = try launch.query(clientToken: MachineToken().rawValue)
        query.set("DryRun", true)
        do {
            _ = try await client.call("RunInstances", query, until: deadline)
        } catch let fault as CloudFault where fault.code == "DryRunOperation" {
            return Finding(.ok, subject, "a machine may be made: \(type.excerpt) from \(image.id.excerpt)")
        } catch let fault as CloudFault {
            return Finding(.failed, subject, fault.error("a trial of RunInstances").message)
        }
        return Finding(.warning, subject, "the trial of RunInstances gave an answer that is not expected")
    }
}
