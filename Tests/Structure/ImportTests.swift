import Support
import Testing

/// Which of our modules each module may import. The table of levels; `Package.swift` says the same,
/// but lets imports of transitive dependencies pass.
private let mayImport: [String: Set<String>] = [
  "JSON": [], "Events": [],
  "Crypto": ["COpenSSL", "JSON"],
  "Network": ["CCurl", "COpenSSL", "Crypto"],
  "LambdaRuntime": ["CGlibc", "Events"],
  "Cloud": ["JSON", "Events", "Crypto", "Network"],
  "Agent": ["JSON", "Events", "Crypto", "Network", "Cloud", "CVectors"],
  "Assistants": ["JSON", "Events", "Cloud", "Agent"],
  "Routes": [
    "JSON", "Events", "Crypto", "Network", "LambdaRuntime", "Cloud", "Agent", "Assistants",
  ],
  "Server": ["CLoop", "CLLHTTP", "CWslay", "COpenSSL"],
  "Storage": ["CSQLite"],
  "Compression": ["CZlib"],
  "Template": ["JSON"],
  "Gateway": ["JSON", "Events", "Crypto", "Server", "Storage", "Template"],
  "Lambda": ["JSON", "Events", "Crypto", "CLoop", "Compression", "Server", "Storage", "Template"],
  "Services": ["JSON", "Events", "Crypto", "Compression", "Server", "Storage", "Template"],
  "Models": ["JSON", "Crypto", "Server"],
  "Evaluation": ["JSON", "Crypto", "Network"],
  "Command": [
    "JSON", "Events", "Crypto", "Network", "Server", "Storage", "Template", "Gateway", "Lambda",
    "Services", "Models", "Evaluation", "CPages", "CLoop", "CGlibc",
  ],
]

/// What comes with the toolchain and may be imported everywhere; `Foundation` is not among it.
private let toolchain: Set<String> = [
  "FoundationEssentials", "Glibc", "Synchronization", "Dispatch", "_Concurrency",
]

private struct SourceFile: Sendable {
  let path: String
  /// `Server` for `Emulator/Server/…`.
  var module: String { String(path.split(separator: "/")[1]) }

  var lines: [Substring] {
    get throws { try Project.text(path).split(separator: "\n", omittingEmptySubsequences: false) }
  }

  /// The modules that the file imports, with the line of each.
  var imports: [(name: String, line: Int)] {
    get throws {
      var isText = false
      return try lines.enumerated().compactMap { number, line in
        if line.ranges(of: "\"\"\"").count % 2 == 1 { isText.toggle() }
        guard !isText else { return nil }
        let words = line.split(separator: " ")
        guard let at = words.firstIndex(of: "import"), at + 1 < words.count,
          words[..<at].allSatisfy({ $0.hasPrefix("@") || accessLevels.contains(String($0)) })
        else { return nil }
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "typealias"]
        let name =
          kinds.contains(words[at + 1]) && at + 2 < words.count ? words[at + 2] : words[at + 1]
        return (String(name.split(separator: ".")[0]), number + 1)
      }
    }
  }
}

private let accessLevels: Set<String> = ["public", "package", "internal", "private", "fileprivate"]

private let sources = ["Runtime", "Functions", "Emulator"].flatMap { folder in
  Project.files(below: folder, ending: ".swift").map { SourceFile(path: $0) }
}

@Suite struct ImportTests {
  @Test func `finds the sources`() {
    #expect(sources.count >= mayImport.count)
    #expect(Set(sources.map(\.module)) == Set(mayImport.keys))
  }

  @Test func `imports only what its level allows`() throws {
    for file in sources {
      let allowed = try #require(mayImport[file.module]).union(toolchain)
      for (name, line) in try file.imports where !allowed.contains(name) {
        Issue.record("\(file.path):\(line): \(file.module) must not import \(name)")
      }
    }
  }

  @Test func `the table has no circle`() {
    func reaches(_ from: String, _ to: String, _ seen: Set<String> = []) -> Bool {
      guard !seen.contains(from) else { return false }
      let next = mayImport[from] ?? []
      return next.contains(to) || next.contains { reaches($0, to, seen.union([from])) }
    }
    for module in mayImport.keys {
      #expect(!reaches(module, module), "\(module) reaches itself")
    }
  }

  @Test func `functions and emulator meet on the wire only`() {
    let functions: Set = ["LambdaRuntime", "Cloud", "Agent", "Assistants", "Routes"]
    let emulator: Set = [
      "Server", "Storage", "Compression", "Template", "Gateway", "Lambda", "Services", "Models",
      "Command",
    ]
    for module in functions { #expect(mayImport[module]?.isDisjoint(with: emulator) == true) }
    for module in emulator { #expect(mayImport[module]?.isDisjoint(with: functions) == true) }
  }
}

/// Rules of the house that a reader of one file cannot see.
@Suite struct HouseRuleTests {
  @Test func `stays under 500 lines`() throws {
    for file in sources {
      #expect(try file.lines.count <= 500, "\(file.path)")
    }
  }

  @Test func `is public only in the two modules that others use`() throws {
    for file in sources where !["LambdaRuntime", "Events"].contains(file.module) {
      for (number, line) in try file.lines.enumerated() {
        let words = line.split(separator: " ")
        // `open` is also a fine name for a variable.
        let isOpen =
          words.first == "open" && !["=", "+=", "==", "?"].contains(words.dropFirst().first)
        #expect(
          words.first != "public" && !isOpen, "\(file.path):\(number + 1): use `package`")
      }
    }
  }

  @Test func `reads the environment only in a main`() throws {
    for file in sources where !["LambdaRuntime", "Routes", "Command"].contains(file.module) {
      for (number, line) in try file.lines.enumerated() {
        let reads = line.contains("getenv(") || line.contains("ProcessInfo.processInfo.environment")
        #expect(!reads, "\(file.path):\(number + 1): pass the value in from the main")
      }
    }
  }

  @Test func `has no trap where an error belongs`() throws {
    for file in sources {
      for (number, line) in try file.lines.enumerated() {
        let code = line.split(separator: "//", omittingEmptySubsequences: false).first ?? ""
        for mark in ["try!", " as! ", "fatalError(\"unimplemented", "TODO", "FIXME"] {
          #expect(!code.contains(mark), "\(file.path):\(number + 1): \(mark)")
        }
      }
    }
  }
}
