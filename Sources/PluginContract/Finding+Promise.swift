import MultipleSpawner

extension Finding {
    /// What came of one check: `ok` with what is promised, `failed` with what was seen, `warning` where it could not be checked.
    static func of(_ subject: String, _ meaning: String, _ check: () async throws -> Void) async -> Finding {
        do {
            try await check()
            return Finding(.ok, subject, meaning)
        } catch let violation as Violation {
            return Finding(.failed, subject, violation.message)
        } catch let skipped as NotChecked {
            return Finding(.warning, subject, "not checked: \(skipped.reason)")
        } catch let error as SpawnError {
            return Finding(.failed, subject, "the check ended with an error: \(error.message)")
        } catch {
            return Finding(.failed, subject, "the check ended with an error: \(error)")
        }
    }
}
