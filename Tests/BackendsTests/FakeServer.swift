import Glibc
import MultipleSpawner

/// The tiny server of the package, which lies beside the tests' own program.
enum FakeServer {
    static let path: String = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let own = String(decoding: buffer.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
        let besideTests = own.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/FakeServer"
        if access(besideTests, X_OK) == 0 { return besideTests }
        // `swift test` may run the tests from a helper of the toolchain; then its argument names the bundle.
        let bundles = CommandLine.arguments.filter { $0.hasSuffix(".xctest") }
        let candidates = bundles.map { $0.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/FakeServer" }
        return candidates.first { access($0, X_OK) == 0 } ?? ".build/debug/FakeServer"
    }()
}
