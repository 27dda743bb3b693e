import Evaluation

/// What `martlet evaluate` is told.
struct EvaluateOptions: Equatable {
  static let options: Set = [
    "--questions", "--url", "--token", "--variant", "--concurrency", "--limit", "--only",
    "--timeout", "--answers", "--html", "--json", "--minimum-accuracy", "--price", "--template",
    "--dir",
  ]
  /// These may be given several times.
  static let repeatable: Set = ["--variant", "--only"]
  static let local = "http://127.0.0.1:3000"
  private static let mostAtOnce = 32
  private static let longestTimeout = 600
  private static let mostVariants = 2

  var project = ProjectOptions()
  var assistant: String
  /// The question file; nil: the assistant's own.
  var questions: String?
  /// Without a `/` at its end.
  var address = local
  var token: String?
  /// The versions that are asked: nil is what the stack chooses.
  var variants: [String?] = [nil]
  var concurrency = 4
  /// nil: all questions.
  var limit: Int?
  /// Ids and tags; empty: all questions.
  var only: [String] = []
  /// Seconds for one answer.
  var timeout = 60
  /// Where answers are kept.
  var answers: String?
  /// Where the page goes.
  var page: String?
  /// Where the figures go as JSON; `-` is standard output, which then has nothing else.
  var json: String?
  var minimumAccuracy: Double?
  var price: Price?

  init(_ reader: ArgumentReader) throws(UsageError) {
    project = try ProjectOptions(reader)
    guard let assistant = try reader.operands(atMost: 1).first else {
      throw reader.usage("which ASSISTANT?")
    }
    self.assistant = try Self.name(assistant, "ASSISTANT", reader)
    questions = reader["--questions"]
    token = reader["--token"]
    only = reader["--only"]?.split(separator: ",").map(String.init) ?? []
    answers = reader["--answers"]
    page = reader["--html"]
    json = reader["--json"]
    for (name, file) in [
      ("--questions", questions), ("--answers", answers), ("--html", page), ("--json", json),
    ] where file == "" {
      throw reader.usage("\(name): a file name is empty")
    }
    if let address = reader["--url"] { self.address = try Self.address(address, reader) }
    concurrency = try Self.whole("--concurrency", 1...Self.mostAtOnce, reader) ?? concurrency
    limit = try Self.whole("--limit", 1...QuestionFile.mostQuestions, reader)
    timeout = try Self.whole("--timeout", 1...Self.longestTimeout, reader) ?? timeout
    try readVersions(reader)
    try readNumbers(reader)
  }

  private mutating func readVersions(_ reader: ArgumentReader) throws(UsageError) {
    guard let text = reader["--variant"] else { return }
    let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard names.count <= Self.mostVariants, Set(names).count == names.count else {
      throw reader.usage("--variant: give one version, or two different ones to compare them")
    }
    variants = []
    for name in names { variants.append(try Self.name(name, "--variant", reader)) }
  }

  private mutating func readNumbers(_ reader: ArgumentReader) throws(UsageError) {
    if let text = reader["--minimum-accuracy"] {
      guard let least = Double(text), (0...1).contains(least) else {
        throw reader.usage("--minimum-accuracy \(text): an accuracy is a number from 0 to 1")
      }
      minimumAccuracy = least
    }
    if let text = reader["--price"] {
      guard let price = Price(text) else {
        throw reader.usage(
          "--price \(text): give dollars for a million tokens as IN/OUT or IN/OUT/CACHED")
      }
      self.price = price
    }
  }

  private static func whole(
    _ name: String, _ range: ClosedRange<Int>, _ reader: ArgumentReader
  ) throws(UsageError) -> Int? {
    guard let text = reader[name] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw reader.usage(
        "\(name) \(text): a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// What goes into an address and a file's name as it is.
  private static func name(
    _ text: String, _ what: String, _ reader: ArgumentReader
  ) throws(UsageError) -> String {
    let isName = text.utf8.allSatisfy {
      (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45
        || $0 == 95
    }
    guard isName, (1...64).contains(text.utf8.count) else {
      throw reader.usage("\(what) '\(text)': a name has up to 64 letters, digits, hyphens")
    }
    return text
  }

  private static func address(
    _ text: String, _ reader: ArgumentReader
  ) throws(UsageError) -> String {
    let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3F && $0 != 0x23 }
    guard isPlain, text.hasPrefix("http://") || text.hasPrefix("https://") else {
      throw reader.usage("--url \(text): an address begins with https:// or http://")
    }
    return text.hasSuffix("/") ? String(text.dropLast()) : text
  }
}
