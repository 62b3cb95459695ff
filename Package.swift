// swift-tools-version: 6.2
// The tree is the import graph: one folder is one module, and the arrows below are all there are.

import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "multiplespawner",
    products: [
        .executable(name: "multiplespawner", targets: ["Daemon"]),
        .executable(name: "multiplespawner-volume-remover", targets: ["VolumeRemover"]),
        .library(name: "MultipleSpawner", targets: ["MultipleSpawner"]),
        .library(name: "BackendContract", targets: ["BackendContract"]),
        .library(name: "PluginContract", targets: ["PluginContract"]),
        .library(name: "Transport", targets: ["Transport"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
    ],
    targets: [
        // The idea: values, contracts, the life of a session. No I/O, no C, no backend.
        .target(
            name: "MultipleSpawner",
            dependencies: [.product(name: "Logging", package: "swift-log")],
            swiftSettings: settings
        ),
        // How things are reached: HTTP on libcurl, SSH on libssh2 or by OpenSSH. Async outside, one thread inside.
        .target(
            name: "Transport",
            dependencies: [
                "MultipleSpawner", "CLibCurl", "CLibSSH2",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: settings
        ),
        // The places where a session runs.
        .target(
            name: "Backends",
            dependencies: [
                "MultipleSpawner", "Transport", "CLinux",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: settings
        ),
        // What is done before the start: keys, certificates and known hosts; playbooks and scripts.
        .target(
            name: "Configurers",
            dependencies: [
                "MultipleSpawner", "Transport",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            resources: [.embedInCode("Ansible/multiplespawner_lines.py")],
            swiftSettings: settings
        ),
        // Who owns the machines: a pool of hosts, and clouds.
        .target(
            name: "Providers",
            dependencies: [
                "MultipleSpawner", "Transport", "CLibVirt",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ],
            swiftSettings: settings
        ),
        // The promises of a backend, as a suite that any backend can be held to.
        .target(name: "BackendContract", dependencies: ["MultipleSpawner"], swiftSettings: settings),
        // The same of a provider, an authenticator and a configurer.
        .target(name: "PluginContract", dependencies: ["MultipleSpawner"], swiftSettings: settings),
        // The program `multiplespawner`: command line, HTTP, storage, wiring.
        .executableTarget(
            name: "Daemon",
            dependencies: [
                "MultipleSpawner", "Backends", "Configurers", "Providers", "Transport", "CLinux", "BackendContract",
                "PluginContract",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            resources: [
                .embedInCode("Web/SpawnForm.mustache"), .embedInCode("Web/SpawnForm.js"),
                .embedInCode("Web/Status.mustache"),
            ],
            swiftSettings: settings
        ),
        // What Swift cannot say: vfork, pidfd, eventfd.
        .target(name: "CLinux"),
        // libvirt's functions, loaded when the first machine is asked for: where it is not installed, all else runs.
        .target(name: "CLibVirt"),
        .systemLibrary(name: "CLibCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CLibSSH2", pkgConfig: "libssh2", providers: [.apt(["libssh2-1-dev", "libssl-dev"])]),
        // A program that travels to other machines of a swarm: static, without a C library, some kilobytes.
        .executableTarget(
            name: "VolumeRemover",
            cSettings: [.unsafeFlags(["-Os", "-ffreestanding", "-fno-stack-protector", "-fno-sanitize=all"])],
            linkerSettings: [
                .unsafeFlags(
                    ["-static-stdlib", "-nostartfiles", "-Xlinker", "-s"]
                        + ["-static", "-no-pie", "-nostdlib", "-nostartfiles", "-fno-sanitize=all"]
                        .flatMap { ["-Xclang-linker", $0] })
            ]
        ),
        // A server that does nothing but answer, for tests and benchmarks.
        .executableTarget(name: "FakeServer", dependencies: ["CLinux"]),
        // A server of one test's own that answers as it is told, well or badly.
        .target(name: "ScriptedServer", swiftSettings: settings),
        .testTarget(
            name: "MultipleSpawnerTests",
            dependencies: ["MultipleSpawner", .product(name: "Logging", package: "swift-log")], swiftSettings: settings),
        .testTarget(
            name: "BackendsTests",
            dependencies: [
                "Backends", "BackendContract", "MultipleSpawner", "Transport", "CLinux", "FakeServer", "ScriptedServer",
                "VolumeRemover",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TransportTests",
            dependencies: [
                "Transport", "MultipleSpawner", "ScriptedServer",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ConfigurersTests", dependencies: ["Configurers", "PluginContract", "MultipleSpawner", "Transport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ProvidersTests",
            dependencies: [
                "Providers", "PluginContract", "MultipleSpawner", "Transport", "ScriptedServer", "CLibVirt",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "DaemonTests",
            dependencies: [
                "Daemon", "MultipleSpawner", "Transport",
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
