import MultipleSpawner
import Transport

/// The `credential_process` of a profile: a program that writes credentials as JSON.
struct AWSCredentialProgram: Sendable {
    let command: String
    let environment: [String: String]

    func credentials() async throws -> AWSCredentials {
        let words = Self.words(command)
        guard let program = words.first else {
            throw SpawnError(.unauthorized, "'credential_process' of the profile is empty; name a program")
        }
        let source = "the program '\(program.excerpt)' of 'credential_process'"
        let answer = try await HelperProgram(words, environment: environment, limit: .seconds(30)).run()
        guard answer.status == 0 else {
            throw SpawnError(.unauthorized, "\(source) failed; run it by hand and see why")
        }
        return try AWSCredentialAnswer.read(answer.output, from: source)
    }

    /// The words of a command, where blanks in double quotes separate nothing.
    static func words(_ command: String) -> [String] {
        var words: [String] = []
        var word: String?
        var isQuoted = false
        for character in command {
            if character == "\"" {
                isQuoted.toggle()
                word = word ?? ""
            } else if character.isWhitespace, !isQuoted {
                if let whole = word { words.append(whole) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        return words + [word].compactMap(\.self)
    }
}
