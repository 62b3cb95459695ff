import Dispatch
import Foundation
import Glibc
import Testing

/// Moto's server, which speaks EC2's real interface and has no machines behind it. One for all tests.
struct MotoServer: Sendable {
    let url: String

    static let lack = """
        there is no moto_server: pip install 'moto[server,ec2]' and put its bin into PATH, or name the program in \
        MOTO_SERVER
        """

    /// The program, with the Python beside it.
    static var program: String? {
        let environment = ProcessInfo.processInfo.environment
        if let named = environment["MOTO_SERVER"], !named.isEmpty { return named }
        return (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/moto_server" }
            .first { access($0, X_OK) == 0 }
    }

    /// Starts it at the first use. It ends with this process, however that ends.
    static func shared() async throws -> MotoServer {
        try await starting.value
    }

    private static let starting = Task<MotoServer, any Error> { try await start() }

    private static func start() async throws -> MotoServer {
        let program = try #require(program, Comment(rawValue: lack))
        // The shell's input ends with us, and then the shell ends the server.
        let script = "\"$0\" -H 127.0.0.1 -p 0 & child=$!; read line; kill $child"
        let process = try Program.start(["/bin/sh", "-c", script, program])
        let address: String? = await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: Self.address(from: process.output)) }
        }
        // What it writes later must not fill the pipe.
        DispatchQueue.global().async {
            var buffer = [UInt8](repeating: 0, count: 4096)
            while read(process.output, &buffer, buffer.count) > 0 {}
        }
        return MotoServer(url: try #require(address, "moto_server does not say where it listens"))
    }

    private static func address(from descriptor: Int32) -> String? {
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return nil }
            text += String(decoding: buffer[..<count], as: UTF8.self)
            if let found = text.firstMatch(of: /Running on (http:\/\/127\.0\.0\.1:\d+)/) { return String(found.1) }
        }
    }
}
