import Storage

/// What the user wants, read from the words of the command line.
enum Command: Equatable {
  case start(StartOptions)
  case invoke(InvokeOptions)
  case token(TokenOptions)
  case package(PackageOptions)
  case smoke(SmokeOptions)
  case state(StateOptions)
  case logs(LogsOptions)
  case cost(CostOptions)
  case knowledge(KnowledgeOptions)
  case evaluate(EvaluateOptions)
  case version
  /// Help for a subcommand, or for the whole program.
  case help(Topic?)

  enum Topic: String, CaseIterable {
    case start
    case invoke
    case token
    case package
    case smoke
    case state
    case logs
    case cost
    case knowledge
    case evaluate
    case version
  }

  init(_ words: [String]) throws(UsageError) {
    guard let first = words.first else {
      self = .help(nil)
      return
    }
    switch first {
    case "--help", "-h": self = .help(nil)
    case "--version": self = .version
    case "help":
      let name = words.dropFirst().first
      guard let topic = name.map(Topic.init(rawValue:)) ?? Topic?.none else {
        if let name { throw Self.unknown(name) }
        self = .help(nil)
        return
      }
      self = .help(topic)
    default:
      guard let topic = Topic(rawValue: first) else { throw Self.unknown(first) }
      self = try Self.read(topic, words.dropFirst())
    }
  }

  private static func read(
    _ topic: Topic, _ words: ArraySlice<String>
  ) throws(UsageError) -> Command {
    let name = topic.rawValue
    let place: Set = ["--template", "--dir"]
    let reader =
      switch topic {
      case .start:
        try ArgumentReader(
          words, of: name,
          options: place.union([
            "--build", "--script", "--state", "--port", "--service-port", "--ttl-sweep",
            "--durability", "--cors", "--seed",
          ]),
          flags: ["--json", "--check-signatures"])
      case .invoke:
        try ArgumentReader(
          words, of: name, options: place.union(["--build", "--event", "--state"]))
      case .token:
        try ArgumentReader(
          words, of: name, options: place.union(["--user", "--role", "--tenant", "--key"]))
      case .package:
        try ArgumentReader(
          words, of: name, options: ["--template", "--build", "--time-zone"],
          flags: ["--no-loader"])
      case .smoke:
        try ArgumentReader(
          words, of: name, options: ["--websocket", "--token", "--timeout", "--message"])
      case .state: try ArgumentReader(words, of: name, options: place)
      case .logs:
        try ArgumentReader(
          words, of: name, options: place.union(["--filter", "--lines"]), flags: ["--follow"])
      case .cost:
        try ArgumentReader(
          words, of: name, options: place.union(["--token", "--tenant", "--month"]),
          flags: ["--json"])
      case .knowledge:
        try ArgumentReader(words, of: name, options: place.union(KnowledgeOptions.options))
      case .evaluate:
        try ArgumentReader(
          words, of: name, options: EvaluateOptions.options, repeatable: EvaluateOptions.repeatable)
      case .version: try ArgumentReader(words, of: name, options: [])
      }
    if reader.wantsHelp { return .help(topic) }
    switch topic {
    case .start: return .start(try StartOptions(reader))
    case .invoke: return .invoke(try InvokeOptions(reader))
    case .token: return .token(try TokenOptions(reader))
    case .package: return .package(try PackageOptions(reader))
    case .smoke: return .smoke(try SmokeOptions(reader))
    case .state: return .state(try StateOptions(reader))
    case .logs: return .logs(try LogsOptions(reader))
    case .cost: return .cost(try CostOptions(reader))
    case .knowledge: return .knowledge(try KnowledgeOptions(reader))
    case .evaluate: return .evaluate(try EvaluateOptions(reader))
    case .version:
      _ = try reader.operands(atMost: 0)
      return .version
    }
  }

  private static func unknown(_ word: String) -> UsageError {
    let names = Topic.allCases.map(\.rawValue).joined(separator: ", ")
    return UsageError(
      text: "martlet: unknown command '\(word)'; the commands are \(names).\n"
        + "See `martlet --help`.")
  }
}

/// Which template, and where its state lies.
struct ProjectOptions: Equatable {
  var template = "template.json"
  /// The state's folder; `.martlet` beside the template by default.
  var folder: String?
  /// Where `bootstrap` lies, instead of the place that the template names.
  var build: String?
  /// Keep nothing: the state ends with the program.
  var isInMemory = false

  init() {}

  init(_ reader: ArgumentReader) throws(UsageError) {
    template = reader["--template"] ?? template
    folder = reader["--dir"]
    build = reader["--build"]
    guard template != "", folder != "", build != "" else {
      throw reader.usage("a file name is empty")
    }
    switch reader["--state"] {
    case nil: break
    case ":memory:"?: isInMemory = true
    case let other?:
      throw reader.usage(
        "--state \(other): the only value is :memory:; a folder is chosen with --dir")
    }
  }
}

struct StartOptions: Equatable {
  var project = ProjectOptions()
  var port: UInt16 = 3000
  var servicePort: UInt16 = 4566
  /// Print one JSON line when ready instead of a greeting.
  var printsJSON = false
  /// Written answers of the model stand-in.
  var script: String?
  /// How often items whose time is over are deleted (the service takes up to two days).
  var sweepPeriod = Duration.seconds(60)
  /// What a power cut may take.
  var durability = Durability.normal
  /// A folder of what the stores hold from the beginning.
  var seed: String?
  /// Requests to the services have to be signed rightly.
  var checksSignatures = false
  /// Origins of pages that may use the services.
  var origins: [String] = []

  private static let shortestSweep = 0.2
  private static let longestSweep = 86_400.0

  init() {}

  init(_ reader: ArgumentReader) throws(UsageError) {
    _ = try reader.operands(atMost: 0)
    project = try ProjectOptions(reader)
    port = try reader.port("--port", default: port)
    servicePort = try reader.port("--service-port", default: servicePort)
    guard port == 0 || port != servicePort else {
      throw reader.usage("--port and --service-port are the same")
    }
    printsJSON = reader.has("--json")
    script = reader["--script"]
    if let text = reader["--ttl-sweep"] { sweepPeriod = try Self.period(text, reader) }
    if let text = reader["--durability"] {
      guard let found = Durability(rawValue: text) else {
        throw reader.usage("--durability \(text): the values are normal and full")
      }
      durability = found
    }
    seed = reader["--seed"]
    checksSignatures = reader.has("--check-signatures")
    origins = try reader.origins("--cors")
  }

  private static func period(
    _ text: String, _ reader: ArgumentReader
  ) throws(UsageError) -> Duration {
    guard let seconds = Double(text), (shortestSweep...longestSweep).contains(seconds) else {
      throw reader.usage("--ttl-sweep \(text): a time is from 0.2 to 86400 seconds")
    }
    return .milliseconds(Int(seconds * 1000))
  }
}

extension ArgumentReader {
  /// Origins with commas between them; `*` stands for all.
  fileprivate func origins(_ name: String) throws(UsageError) -> [String] {
    guard let text = self[name] else { return [] }
    let origins = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    for origin in origins where origin != "*" {
      let rest = origin.split(separator: "://", omittingEmptySubsequences: false)
      guard rest.count == 2, rest[0] == "http" || rest[0] == "https", !rest[1].isEmpty,
        !rest[1].contains("/")
      else {
        throw usage(
          "\(name) \(origin): an origin is http://HOST[:PORT] or https://HOST[:PORT], or * for all")
      }
    }
    return origins
  }
}

struct InvokeOptions: Equatable {
  var project = ProjectOptions()
  /// A handler's name or a function's logical id.
  var route: String
  /// A file, or `-` for standard input.
  var event: String

  init(_ reader: ArgumentReader) throws(UsageError) {
    project = try ProjectOptions(reader)
    guard let route = try reader.operands(atMost: 1).first else {
      throw reader.usage("which ROUTE?")
    }
    guard let event = reader["--event"] else {
      throw reader.usage("which event? Give --event FILE, or --event - for standard input")
    }
    self.route = route
    self.event = event
  }
}

struct PackageOptions: Equatable {
  var project = ProjectOptions()
  /// Logical ids, names or handlers; none stands for all.
  var functions: [String]
  /// Pack the loader and the C library, too.
  var bringsLoader: Bool
  /// Names of zones whose files are packed.
  var timeZones: [String]

  init(_ reader: ArgumentReader) throws(UsageError) {
    project = try ProjectOptions(reader)
    functions = reader.operands
    bringsLoader = !reader.has("--no-loader")
    timeZones = (reader["--time-zone"] ?? "").split(separator: ",").map { String($0) }
    for zone in timeZones where !Self.isZoneName(zone) {
      throw reader.usage("--time-zone \(zone): a zone is called as Europe/Berlin or UTC")
    }
  }
}

extension PackageOptions {
  /// Names as the zones' files have them: never a way out of their folder.
  static func isZoneName(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return text.utf8.count <= 64
      && parts.allSatisfy { part in
        part.first?.isLetter == true
          && part.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
              || [43, 45, 95].contains($0)
          }
      }
  }
}

struct SmokeOptions: Equatable {
  /// Of the HTTP API.
  var address: String
  /// Of the WebSocket API; nil asks the page's configuration.
  var webSocket: String?
  /// nil takes `MARTLET_TOKEN` of the environment.
  var token: String?
  var message = "What does 食べる mean?"
  /// Seconds for each of the checks.
  var timeout = 30

  init(_ reader: ArgumentReader) throws(UsageError) {
    guard let address = try reader.operands(atMost: 1).first else {
      throw reader.usage("which URL?")
    }
    guard address.hasPrefix("https://") || address.hasPrefix("http://") else {
      throw reader.usage("\(address): the URL begins with https:// or http://")
    }
    self.address = address.hasSuffix("/") ? String(address.dropLast()) : address
    webSocket = reader["--websocket"]
    token = reader["--token"]
    message = reader["--message"] ?? message
    if let text = reader["--timeout"] {
      guard let seconds = Int(text), (1...600).contains(seconds) else {
        throw reader.usage("--timeout \(text): a number of seconds from 1 to 600")
      }
      timeout = seconds
    }
  }
}

struct CostOptions: Equatable {
  var project = ProjectOptions()
  /// Of the HTTP API.
  var address = "http://127.0.0.1:3000"
  /// nil takes `MARTLET_TOKEN` of the environment, else makes one with the state's key.
  var token: String?
  var tenant = "default"
  /// `2026-11`; nil is this month.
  var month: String?
  var printsJSON = false

  init(_ reader: ArgumentReader) throws(UsageError) {
    project = try ProjectOptions(reader)
    if let address = try reader.operands(atMost: 1).first {
      guard address.hasPrefix("https://") || address.hasPrefix("http://") else {
        throw reader.usage("\(address): the URL begins with https:// or http://")
      }
      self.address = address.hasSuffix("/") ? String(address.dropLast()) : address
    }
    token = reader["--token"]
    tenant = reader["--tenant"] ?? tenant
    month = reader["--month"]
    printsJSON = reader.has("--json")
    if let month {
      let bytes = Array(month.utf8)
      let isMonth =
        bytes.count == 7
        && bytes.enumerated().allSatisfy { $0 == 4 ? $1 == 45 : (48...57).contains($1) }
      guard isMonth else { throw reader.usage("--month \(month): a month is YYYY-MM") }
    }
    if let token {
      guard !token.isEmpty, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
        throw reader.usage("--token: that is no token")
      }
    }
  }
}

struct TokenOptions: Equatable {
  var project = ProjectOptions()
  /// A file with the key to sign with, `-` for standard input; nil takes the state's.
  var key: String?
  var user: String
  var role = Role.user
  var tenant = "default"

  enum Role: String, CaseIterable {
    case user
    case admin
  }

  init(_ reader: ArgumentReader) throws(UsageError) {
    _ = try reader.operands(atMost: 0)
    project = try ProjectOptions(reader)
    guard let user = reader["--user"] else { throw reader.usage("whose? Give --user NAME") }
    self.user = user
    tenant = reader["--tenant"] ?? tenant
    key = reader["--key"]
    if let name = reader["--role"] {
      guard let role = Role(rawValue: name) else {
        throw reader.usage("--role \(name): the roles are user and admin")
      }
      self.role = role
    }
    for (name, value) in [("--user", user), ("--tenant", tenant)] {
      guard (1...128).contains(value.utf8.count),
        value.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
      else { throw reader.usage("\(name): a name has 1 to 128 bytes and no control characters") }
    }
  }
}
