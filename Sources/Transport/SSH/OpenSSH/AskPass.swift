import Glibc
import MultipleSpawner

/// How `ssh` is given a password: by a program that reads it once from a pipe in a private directory.
///
/// It is in no command line, no environment and no file.
final class AskPass: Sendable {
    /// What `SSH_ASKPASS` names.
    let program: String
    private let descriptor: Int32

    /// - Parameter directory: mode 0700; the pipe and the program are made there.
    init(_ secret: Secret, in directory: String) throws(SpawnError) {
        let pipe = "\(directory)/answer"
        program = "\(directory)/askpass"
        let value = secret.reveal()
        guard !value.utf8.contains(where: { $0 == 0 || $0 == 10 }), value.utf8.count < 4000 else {
            throw SpawnError(.invalidRequest, "the password is too long, or holds a line's end; set another one")
        }
        guard mkfifo(pipe, 0o600) == 0 else { throw Self.failure() }
        // Open for both: the text waits in the pipe until it is read, and nobody has to be there for it.
        descriptor = open(pipe, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure() }
        var text = value + "\n"
        let written = text.withUTF8 { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        let script = "#!/bin/sh\nIFS= read -r answer <'\(pipe)' && printf '%s\\n' \"$answer\"\n"
        let file = open(program, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o700)
        guard written == value.utf8.count + 1, file >= 0 else { throw Self.failure() }
        defer { close(file) }
        guard Glibc.write(file, script, script.utf8.count) == script.utf8.count else { throw Self.failure() }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    private static func failure() -> SpawnError {
        SpawnError(.overCapacity, "a password cannot be handed to ssh (error \(errno)); make room in /tmp")
    }
}
