import Glibc
import MultipleSpawner
import Testing

@testable import Transport

extension SSHClientTests {
    /// How one is let in, and how not.
    @Suite(.timeLimit(.minutes(3))) struct Logins {
        private func whoami(_ target: SSHTarget) async throws -> String {
            try await withLinks { try await $0.link(to: target).run(RemoteCommand(["echo", "in"])).text }
        }

        private func refusal(_ target: SSHTarget) async throws -> SpawnError {
            try await withLinks { links in
                try #require(await #expect(throws: SpawnError.self) { try await links.link(to: target) })
            }
        }

        @Test(arguments: [
            ("ed25519", ""), ("ed25519", "secret"), ("ecdsa", ""), ("ecdsa", "secret"), ("rsa", ""),
        ])
        func `a key lets in`(type: String, passphrase: String) async throws {
            let keys = try TemporaryDirectory()
            defer { keys.removeTree() }
            let key = try await SSHServer.makeKey(type, keys.path + "/key", passphrase: passphrase)
            let server = try await SSHServer(authorized: [try keys.text("key.pub")])
            defer { server.stop() }
            let secret = passphrase.isEmpty ? nil : Secret(passphrase)
            #expect(try await whoami(server.target(.key(file: key, certificate: nil, passphrase: secret))) == "in\n")
            if secret != nil {
                for wrong in [nil, Secret("wrong")] {
                    let error = try await refusal(server.target(.key(file: key, certificate: nil, passphrase: wrong)))
                    #expect(error.code == .invalidRequest, "\(error)")
                    #expect(error.message.contains("passphrase"), "\(error)")
                }
            }
        }

        @Test(arguments: ["", "secret"]) func `an RSA key in the old format lets in`(passphrase: String) async throws {
            let keys = try TemporaryDirectory()
            defer { keys.removeTree() }
            let key = try await SSHServer.makeKey("rsa", keys.path + "/key", passphrase: passphrase, "-m", "PEM")
            let server = try await SSHServer(authorized: [try keys.text("key.pub")])
            defer { server.stop() }
            let secret = passphrase.isEmpty ? nil : Secret(passphrase)
            #expect(try await whoami(server.target(.key(file: key, certificate: nil, passphrase: secret))) == "in\n")
        }

        @Test func `a certificate lets in where its key alone does not`() async throws {
            let keys = try TemporaryDirectory()
            defer { keys.removeTree() }
            let authority = try await SSHServer.makeKey("ed25519", keys.path + "/authority")
            let key = try await SSHServer.makeKey("ecdsa", keys.path + "/key")
            let server = try await SSHServer(["TrustedUserCAKeys \(authority).pub"])
            defer { server.stop() }
            let sign = try await ToolRun.of(
                ["ssh-keygen", "-q", "-s", authority, "-I", "test", "-n", server.account, "-V", "+1h", key + ".pub"])
            #expect(sign.status == 0)
            let certified = SSHCredential.key(file: key, certificate: key + "-cert.pub", passphrase: nil)
            #expect(try await whoami(server.target(certified)) == "in\n")
            let error = try await refusal(server.target(.key(file: key, certificate: nil, passphrase: nil)))
            #expect(error.code == .unauthorized)
            #expect(error.message.contains("publickey"), "\(error)")
        }

        @Test func `the keys of an agent let in`() async throws {
            let keys = try TemporaryDirectory()
            defer { keys.removeTree() }
            let socket = keys.path + "/agent"
            let (agent, output) = try Program.start(["ssh-agent", "-D", "-a", socket])
            defer {
                kill(agent, SIGKILL)
                var status: Int32 = 0
                waitpid(agent, &status, 0)
                close(output)
            }
            try await wait { access(socket, F_OK) == 0 }
            for type in ["rsa", "ed25519", "ecdsa"] {
                let key = try await SSHServer.makeKey(type, "\(keys.path)/\(type)")
                _ = try await ToolRun.of(["env", "SSH_AUTH_SOCK=\(socket)", "ssh-add", "-D"])
                let added = try await ToolRun.of(["env", "SSH_AUTH_SOCK=\(socket)", "ssh-add", key])
                #expect(added.status == 0, "\(added.text)")
                let server = try await SSHServer(authorized: [try keys.text("\(type).pub")])
                defer { server.stop() }
                #expect(try await whoami(server.target(.agent(socket: socket))) == "in\n", "\(type)")
            }
            let server = try await SSHServer()
            defer { server.stop() }
            #expect(try await refusal(server.target(.agent(socket: socket))).code == .unauthorized)
            #expect(try await refusal(server.target(.agent(socket: "/nowhere"))).message.contains("/nowhere"))
        }

        @Test(.enabled("needs a mount namespace") { await SSHServer.canHideFiles }, arguments: [true, false])
        func `a password lets in, given or asked for`(isAsked: Bool) async throws {
            let ways =
                isAsked
                ? ["UsePAM yes", "PasswordAuthentication no", "KbdInteractiveAuthentication yes"]
                : ["PasswordAuthentication yes"]
            let server = try await SSHServer(ways, passwords: ["ssh-tester": "right horse"])
            defer { server.stop() }
            #expect(try await whoami(server.target(.password("right horse"), user: "ssh-tester")) == "in\n")
            let error = try await refusal(server.target(.password("wrong"), user: "ssh-tester"))
            #expect(error.code == .unauthorized)
            #expect(!error.message.contains("wrong"))
        }

        @Test func `a key that others can read, or that is none, is not used`() async throws {
            let server = try await SSHServer()
            defer { server.stop() }
            chmod(server.key, 0o644)
            let error = try await refusal(server.target())
            #expect(error.code == .invalidRequest)
            #expect(error.message.contains("chmod 600 \(server.key)"))
            let text = try server.directory.file("text", "no key\n")
            #expect(
                try await refusal(server.target(.key(file: text, certificate: nil, passphrase: nil))).code
                    == .invalidRequest)
            let missing = SSHCredential.key(file: "/nowhere/key", certificate: nil, passphrase: nil)
            #expect(try await refusal(server.target(missing)).message.contains("/nowhere/key"))
        }

        @Test func `a machine that no file knows is told with the line that would make it known`() async throws {
            let server = try await SSHServer()
            defer { server.stop() }
            let file = server.directory.path + "/mine"
            let error = try await refusal(server.target(knownHosts: [file]))
            #expect(error.code == .forbidden)
            #expect(error.message.contains("\(server.name) \(server.hostKeys[0])"), "\(error)")
            #expect(error.message.contains(file))
            #expect(!server.log.contains("Accepted"), "nothing was proved to it")
            #expect(try await whoami(server.target(knownHosts: [file], acceptsNew: true)) == "in\n")
            #expect(try server.directory.text("mine") == "\(server.name) \(server.hostKeys[0])\n")
            #expect(try await whoami(server.target(knownHosts: [file])) == "in\n")
        }

        @Test func `a changed and a revoked key are never believed, and told with file and line`() async throws {
            let server = try await SSHServer()
            let other = try await SSHServer()
            defer {
                server.stop()
                other.stop()
            }
            let changed = try server.directory.file("changed", "# old\n\(server.name) \(other.hostKeys[0])\n")
            let error = try await refusal(server.target(knownHosts: [changed], acceptsNew: true))
            #expect(error.code == .forbidden)
            #expect(error.message.contains("\(changed):2"), "\(error)")
            let lines = "\(server.name) \(server.hostKeys[0])\n@revoked * \(server.hostKeys[0])\n"
            let revoked = try server.directory.file("revoked", lines)
            let refused = try await refusal(server.target(knownHosts: [revoked], acceptsNew: true))
            #expect(refused.message.contains("\(revoked):2"), "\(refused)")
        }

        @Test func `the key that is on file is the one that is asked for`() async throws {
            let server = try await SSHServer(types: ["ed25519", "ecdsa", "rsa"])
            defer { server.stop() }
            for key in server.hostKeys.prefix(2) {
                let file = try server.directory.file("one", "\(server.name) \(key)\n")
                #expect(try await whoami(server.target(knownHosts: [file])) == "in\n")
            }
        }

        @Test func `what libssh2 lacks is named, and OpenSSH is asked instead`() async throws {
            let server = try await SSHServer(["Ciphers chacha20-poly1305@openssh.com"])
            defer { server.stop() }
            #expect(try await refusal(server.target()).message.contains("aes128-ctr"))
            struct Asked: Error {}
            let links = SSHLinks(other: { _ in throw SpawnError(.unavailable, "asked instead") })
            let error = await #expect(throws: SpawnError.self) { try await links.link(to: server.target()) }
            #expect(error?.message == "asked instead")
            await links.close()
        }

        @Test func `nobody there, nobody who speaks, and nobody of that name are told apart`() async throws {
            let port = try TestSocket.freePort()
            var target = SSHTarget(
                host: "127.0.0.1", port: port, user: "x", credential: .password("x"), hostKeys: HostKeyPolicy(files: [])
            )
            let refused = try await refusal(target)
            #expect(refused.code == .unavailable)
            #expect(refused.message.contains("127.0.0.1:\(port)"))
            let silent = try TestListener {
                _ = $0.receiveSome()
                sleep(3)
            }
            defer { silent.stop() }
            target.port = silent.port
            var limits = SSHLimits()
            limits.connect = .seconds(1)
            try await withLinks(limits) { links in
                let begin = ContinuousClock.now
                let error = await #expect(throws: SpawnError.self) { try await links.link(to: target) }
                #expect(error?.code == .timedOut)
                #expect(begin.duration(to: .now) < .seconds(3))
                // The reason is told at once to who asks next.
                let next = ContinuousClock.now
                await #expect(throws: SpawnError.self) { try await links.link(to: target) }
                #expect(next.duration(to: .now) < .milliseconds(200))
            }
            target.host = "no-such-name.invalid"
            #expect(try await refusal(target).message.contains("no-such-name.invalid"))
        }

        @Test func `a machine behind another is reached over it`() async throws {
            let jump = try await SSHServer()
            let inner = try await SSHServer()
            defer {
                jump.stop()
                inner.stop()
            }
            try await withLinks { links in
                let link = try await links.link(to: inner.target(jumps: [jump.target()]))
                #expect(try await link.run(RemoteCommand(["echo", "behind"])).text == "behind\n")
                let big = try await link.run(
                    RemoteCommand(["head", "-c", "3000000", "/dev/zero"], limit: .seconds(60), mostOutput: 4_000_000))
                #expect(big.output.count == 3_000_000)
                #expect(jump.log.contains("direct-tcpip"))
            }
        }
    }
}
