// swift-tools-version: 6.2
import PackageDescription

/// One set of rules for every Swift target. Strict memory safety makes each use of a raw pointer say `unsafe`,
/// so that `grep -rn unsafe Sources` prints the audit list.
let rules: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableExperimentalFeature("Lifetimes"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    // Small functions of one room are inlined into the next, without an `@inlinable` on each.
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: rules)
}

func program(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: rules)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies + ["RelayTestKit"], swiftSettings: rules)
}

func library(_ name: String, _ pkgConfig: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig)
}

let package = Package(
    name: "clasp-relay",
    products: [
        .executable(name: "clasp-relay", targets: ["clasp-relay"]),
        .executable(name: "relay-bench", targets: ["relay-bench"]),
    ],
    targets: [
        .target(name: "CLinux"),
        library("CSQLite", "sqlite3"),
        library("CArgon2", "libargon2"),
        library("COpenSSL", "openssl"),
        library("CZlib", "zlib"),

        room("RelayJSON"),
        room("RelayThreads", ["CLinux"]),
        room("RelayLog", ["CLinux", "RelayJSON", "RelayThreads"]),
        room("RelayProtocol", ["RelayJSON"]),
        room("RelayNet", ["CLinux", "COpenSSL", "CZlib", "RelayThreads"]),
        room("RelayStorage", ["CLinux", "COpenSSL", "CSQLite", "CZlib", "RelayJSON", "RelayThreads"]),
        room(
            "RelayAuth",
            ["CLinux", "CSQLite", "CArgon2", "COpenSSL", "RelayJSON", "RelayLog", "RelayNet", "RelayThreads"]),
        room(
            "Relay",
            ["RelayAuth", "RelayJSON", "RelayLog", "RelayNet", "RelayProtocol", "RelayStorage", "RelayThreads"]),

        program(
            "clasp-relay",
            [
                "CLinux", "Relay", "RelayAuth", "RelayJSON", "RelayLog", "RelayNet", "RelayProtocol", "RelayStorage",
                "RelayThreads",
            ]),
        program("relay-bench", ["CLinux", "RelayJSON", "RelayProtocol", "RelayStorage", "RelayThreads"]),
        program("ws-echo", ["RelayNet"], path: "Examples/ws-echo"),
        program("ws-fan", ["RelayNet"], path: "Examples/ws-fan"),

        .target(
            name: "RelayTestKit", dependencies: ["CLinux", "RelayJSON", "RelayProtocol", "RelayThreads"],
            path: "Tests/RelayTestKit", swiftSettings: rules),
        // The hub without sockets, its naive model, and the program that sets one against the other.
        .target(
            name: "RelaySimulation",
            dependencies: ["Relay", "RelayAuth", "RelayJSON", "RelayProtocol", "RelayStorage", "RelayTestKit"],
            path: "Tests/RelaySimulation", swiftSettings: rules),
        program("relay-simulation", ["RelaySimulation", "RelayTestKit"], path: "Tests/relay-simulation"),
        tests("RelayJSONTests", ["RelayJSON"]),
        tests("RelayLogTests", ["RelayLog", "RelayJSON", "RelayThreads"]),
        tests("RelayProtocolTests", ["RelayProtocol", "RelayJSON"]),
        tests("RelayNetTests", ["RelayNet", "CLinux", "COpenSSL"]),
        tests("RelayStorageTests", ["CSQLite", "RelayStorage", "RelayJSON", "RelayThreads"]),
        tests("RelayAuthTests", ["RelayAuth", "COpenSSL", "RelayJSON", "RelayLog", "RelayNet", "RelayThreads"]),
        tests(
            "RelayTests",
            [
                "Relay", "RelayAuth", "RelayJSON", "RelayNet", "RelayProtocol", "RelaySimulation", "RelayStorage",
                "RelayThreads",
            ]),
        tests(
            "ClaspRelayTests",
            ["CLinux", "clasp-relay", "Relay", "RelayJSON", "RelayLog", "RelayNet", "RelayProtocol", "RelayStorage"]),
        tests("RelayBenchTests", ["relay-bench", "RelayJSON", "RelayProtocol"]),
        tests("EndToEndTests", ["CLinux", "CSQLite", "RelayJSON", "RelayProtocol", "RelayStorage", "RelayThreads"]),
    ]
)
