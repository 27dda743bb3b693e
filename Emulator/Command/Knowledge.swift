import JSON
import Lambda

/// Fills the stores at the start: the template's function with the handler `ingest` loads the project's
/// data. It knows itself when there is nothing to do.
struct Knowledge {
  static let handler = "ingest"

  let functions: Functions

  /// The name of the function, when the template has one.
  var function: String? {
    functions.names.first { functions.configuration(of: $0)?.handler == Self.handler }
  }

  /// Invokes it and waits. Throws what it failed with.
  func load() async throws {
    guard let function else { return }
    let result = try await functions.invoke(function, Array("{}".utf8))
    guard !result.isFunctionError else {
      let text = String(decoding: result.payload, as: UTF8.self)
      throw ProjectError(description: "\(function) could not load the project's data: \(text)")
    }
  }
}

/// Shows how far the loading is, from the function's own log lines: one line on a terminal that moves,
/// every tenth of the way elsewhere.
struct LoadingProgress {
  private let isTerminal: Bool
  private var shown = -1

  init(isTerminal: Bool) { self.isTerminal = isTerminal }

  /// What to write for a log line; nil when it says nothing new. Text for a terminal ends without a
  /// line feed.
  mutating func text(for line: String) -> String? {
    guard let (done, total) = Self.counts(in: line), total > 0 else { return nil }
    let percent = done * 100 / total
    guard isTerminal ? percent != shown : percent / 10 != shown / 10 || shown < 0 else {
      return nil
    }
    shown = percent
    return "loading the project's data: \(done) of \(total) (\(percent) %)"
  }

  /// `done` and `total` of a structured line, in JSON or as `name=value`.
  static func counts(in line: String) -> (Int, Int)? {
    if let value = try? JSONValue(parsing: line) {
      guard let done = value["done"]?.int, let total = value["total"]?.int else { return nil }
      return (done, total)
    }
    var found: [Substring: Int] = [:]
    for word in line.split(separator: " ") {
      let parts = word.split(separator: "=", maxSplits: 1)
      if parts.count == 2, let number = Int(parts[1]) { found[parts[0]] = number }
    }
    guard let done = found["done"], let total = found["total"] else { return nil }
    return (done, total)
  }
}
