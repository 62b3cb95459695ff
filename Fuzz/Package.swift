// swift-tools-version: 6.2
// Fuzzing with libFuzzer. A package of its own: the program must not be built with the fuzzer's instrumentation.
//
//     swift build --package-path Fuzz --sanitize=fuzzer --product FuzzCatalogue
//     Fuzz/.build/debug/FuzzCatalogue -runs=1000000 Fuzz/Corpus/Catalogue

import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .unsafeFlags(["-parse-as-library"]),
]

/// What reads the core's texts, and what reads those of SSH: the latter stands on much more, that is built with it.
let core = ["FuzzCatalogue", "FuzzPlaceholders", "FuzzOptions"]
let targets = core + ["FuzzKnownHosts"]

let package = Package(
    name: "fuzz",
    products: targets.map { .executable(name: $0, targets: [$0]) },
    dependencies: [.package(name: "multiplespawner", path: "..")],
    targets: targets.map { name in
        .executableTarget(
            name: name,
            dependencies: [
                "FuzzSupport",
                core.contains(name)
                    ? .product(name: "MultipleSpawner", package: "multiplespawner")
                    : .product(name: "Transport", package: "multiplespawner"),
            ],
            swiftSettings: settings)
    } + [
        .target(name: "CLibFuzzer"),
        .target(
            name: "FuzzSupport",
            dependencies: ["CLibFuzzer", .product(name: "MultipleSpawner", package: "multiplespawner")],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
