// swift-tools-version: 6.2
import PackageDescription

// The levels, bottom up. `Tests/Structure` reads every `import` and holds it against the same table;
// a module may import only what its entry here names.

let swiftSettings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// A Swift module of ours.
func module(
  _ name: String, at path: String, imports: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
  .target(
    name: name, dependencies: imports, path: path, exclude: exclude, swiftSettings: swiftSettings)
}

/// A program of ours.
func program(
  _ name: String, at path: String, imports: [Target.Dependency] = [],
  linker: [LinkerSetting] = []
) -> Target {
  .executableTarget(
    name: name, dependencies: imports, path: path, swiftSettings: swiftSettings,
    linkerSettings: linker)
}

/// Functions are linked at a fixed address: as position-independent programs they would relocate
/// 60,000 pointers at each start (measured: 0.4 ms and 1.9 MB for the smallest, 1.2 ms for bootstrap).
/// Libraries, heap and stack stay at random addresses.
let function: [LinkerSetting] = [
  .unsafeFlags(["-Xclang-linker", "-no-pie"], .when(configuration: .release))
]

/// C of ours: warnings are errors.
func shim(_ name: String, at path: String, linker: [LinkerSetting] = []) -> Target {
  .target(
    name: name, path: path, cSettings: [.treatAllWarnings(as: .error)], linkerSettings: linker)
}

func tests(
  _ name: String, imports: [Target.Dependency], exclude: [String] = []
) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: imports + ["Support"], path: "Tests/\(name)Tests",
    exclude: exclude, swiftSettings: swiftSettings)
}

let package = Package(
  name: "Martlet",
  products: [
    .library(name: "LambdaRuntime", targets: ["LambdaRuntime", "Events"]),
    .executable(name: "bootstrap", targets: ["Routes"]),
    .executable(name: "martlet", targets: ["Command"]),
    .executable(name: "echo-raw", targets: ["EchoRaw"]),
    .executable(name: "echo-codable", targets: ["EchoCodable"]),
    .executable(name: "server-echo", targets: ["ServerEcho"]),
    .executable(name: "martlet-bench", targets: ["Bench"]),
  ],
  targets: [
    // Level 0: formats, cryptography, outgoing connections.
    shim("CGlibc", at: "Runtime/CGlibc", linker: [.linkedLibrary("m")]),
    shim(
      "COpenSSL", at: "Runtime/COpenSSL",
      linker: [
        .linkedLibrary(":libssl.a"), .linkedLibrary(":libcrypto.a"), .linkedLibrary(":libcrypt.a"),
      ]),
    shim("CCurl", at: "Runtime/CCurl"),
    module("JSON", at: "Runtime/JSON"),
    module("Events", at: "Runtime/Events"),
    module("Crypto", at: "Runtime/Crypto", imports: ["COpenSSL", "JSON"]),
    module("Network", at: "Runtime/Network", imports: ["CCurl", "COpenSSL", "Crypto"]),

    // Level 1.
    module("LambdaRuntime", at: "Runtime/LambdaRuntime", imports: ["CGlibc", "Events"]),
    module(
      "Cloud", at: "Functions/Cloud", imports: ["JSON", "Events", "Crypto", "Network"]),
    shim("CLoop", at: "Emulator/CLoop"),
    .target(
      name: "CLLHTTP", path: "Emulator/CLLHTTP",
      cSettings: [.define("LLHTTP_STRICT_MODE", to: "1")]),
    shim("CZlib", at: "Emulator/CZlib", linker: [.linkedLibrary(":libz.a")]),
    .systemLibrary(name: "CWslay", path: "Emulator/CWslay", providers: [.apt(["libwslay-dev"])]),
    .systemLibrary(
      name: "CSQLite", path: "Emulator/CSQLite", providers: [.apt(["libsqlite3-dev"])]),
    module(
      "Server", at: "Emulator/Server", imports: ["CLoop", "CLLHTTP", "CWslay", "COpenSSL"]),
    module("Storage", at: "Emulator/Storage", imports: ["CSQLite"]),
    module("Compression", at: "Emulator/Compression", imports: ["CZlib"]),
    module("Template", at: "Emulator/Template", imports: ["JSON"]),

    // Level 2.
    shim("CVectors", at: "Functions/CVectors", linker: [.linkedLibrary("m")]),
    module(
      "Agent", at: "Functions/Agent",
      imports: ["JSON", "Events", "Crypto", "Network", "Cloud", "CVectors"]),
    module(
      "Assistants", at: "Functions/Assistants", imports: ["JSON", "Events", "Cloud", "Agent"],
      exclude: ["Japanese/Knowledge"]),
    module(
      "Gateway", at: "Emulator/Gateway",
      imports: ["JSON", "Events", "Crypto", "Server", "Storage", "Template"]),
    module(
      "Lambda", at: "Emulator/Lambda",
      imports: [
        "JSON", "Events", "Crypto", "CLoop", "Compression", "Server", "Storage", "Template",
      ]),
    module(
      "Services", at: "Emulator/Services",
      imports: ["JSON", "Events", "Crypto", "Compression", "Server", "Storage", "Template"]),
    module("Models", at: "Emulator/Models", imports: ["JSON", "Crypto", "Server"]),
    module("Evaluation", at: "Emulator/Evaluation", imports: ["JSON", "Crypto", "Network"]),

    // Level 3: the programs.
    program(
      "Routes", at: "Functions/Routes",
      imports: [
        "JSON", "Events", "Crypto", "Network", "LambdaRuntime", "Cloud", "Agent", "Assistants",
      ], linker: function),
    shim("CPages", at: "Emulator/CPages"),
    program(
      "Command", at: "Emulator/Command",
      imports: [
        "JSON", "Events", "Crypto", "Network", "Server", "Storage", "Template", "Gateway",
        "Lambda", "Services", "Models", "Evaluation", "CPages", "CLoop", "CGlibc",
      ]),

    // Tests and benchmarks.
    .target(
      name: "Support", dependencies: ["JSON"], path: "Tests/Support", swiftSettings: swiftSettings),
    .testTarget(
      name: "StructureTests", dependencies: ["Support"], path: "Tests/Structure",
      swiftSettings: swiftSettings),
    tests("JSON", imports: ["JSON"], exclude: ["Vectors"]),
    tests("Events", imports: ["Events", "JSON"], exclude: ["Fixtures"]),
    tests("Crypto", imports: ["Crypto", "JSON"], exclude: ["Fixtures"]),
    tests("Network", imports: ["Network", "CLoop"]),
    tests("LambdaRuntime", imports: ["LambdaRuntime", "Events", "JSON"]),
    tests("Cloud", imports: ["Cloud", "Events", "JSON", "Crypto", "Network"]),
    // Agent and Assistants meet the emulator in their tests only, on the wire.
    tests(
      "Agent",
      imports: [
        "Agent", "Cloud", "Crypto", "Events", "JSON", "Network", "Server", "Services", "Storage",
        "Template",
      ], exclude: ["Fixtures", "Vectors"]),
    tests(
      "Assistants",
      imports: ["Assistants", "Agent", "Cloud", "Events", "JSON", "Models", "Network", "Server"]),
    tests(
      "Routes",
      imports: [
        "Routes", "LambdaRuntime", "Agent", "Assistants", "Cloud", "Events", "JSON", "Crypto",
        "Network", "Gateway", "Models", "Server", "Services", "Storage", "Template",
      ]),
    tests("Server", imports: ["Server", "CLoop", "COpenSSL"], exclude: ["Fixtures"]),
    tests("Storage", imports: ["Storage"]),
    tests("Compression", imports: ["Compression", "Crypto"]),
    tests("Template", imports: ["Template", "JSON"]),
    tests(
      "Gateway", imports: ["Gateway", "Server", "Storage", "Template", "Events", "JSON", "Crypto"],
      exclude: ["Events"]),
    tests(
      "Lambda", imports: ["Lambda", "Server", "Storage", "Template", "Events", "JSON", "Crypto"]),
    tests(
      "Services",
      imports: [
        "Services", "Compression", "Server", "Storage", "Template", "Events", "JSON", "Crypto",
      ],
      exclude: ["Vectors"]),
    tests("Evaluation", imports: ["Evaluation", "JSON"]),
    tests("Models", imports: ["Models", "Server", "JSON", "Crypto"]),
    tests("Command", imports: ["Command", "Evaluation", "Storage", "Template", "JSON"]),
    tests(
      "System", imports: ["JSON", "Crypto"],
      exclude: [
        "Clients", "requirements.txt", "requirements-awscli.txt", "requirements-litellm.txt",
        "requirements-oldsdks.txt",
      ]),
    program(
      "EchoRaw", at: "Tests/Benchmarks/EchoRaw", imports: ["LambdaRuntime", "Events"],
      linker: function),
    program(
      "EchoCodable", at: "Tests/Benchmarks/EchoCodable", imports: ["LambdaRuntime", "Events"],
      linker: function),
    program("ServerEcho", at: "Tests/Benchmarks/ServerEcho", imports: ["Server"]),
    shim("CBench", at: "Tests/Benchmarks/CBench"),
    program(
      "Bench", at: "Tests/Benchmarks/Bench",
      imports: ["Agent", "CBench", "CLoop", "CVectors", "JSON"]),
  ],
  swiftLanguageModes: [.v6]
)
