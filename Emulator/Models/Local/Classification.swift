/// Picks one of some labels for a text.
struct Classification: Equatable {
  struct Label: Equatable {
    var name: String
    var explanation: String
  }

  var labels: [Label]

  /// The labels that instructions ask to choose from: `one of: a, b, c`, or a list of lines after a line
  /// that speaks of labels, categories, intents or classes. Nil when they ask for nothing of the kind.
  init?(in instructions: String) {
    let lines = instructions.split(separator: "\n").map { String($0).trimmed }
    for (place, line) in lines.enumerated() where Self.announces(line) {
      let inLine = Self.list(afterColonOf: line)
      let below = Self.items(Array(lines[(place + 1)...]))
      let labels = inLine.count > 1 ? inLine : below
      guard labels.count > 1 else { continue }
      self.labels = labels
      return
    }
    return nil
  }

  /// The label that fits best; the first when none does, or one that is made for that.
  func label(for text: String) -> String {
    let names = labels.map(\.name)
    let explained = labels.map { "\($0.name) \($0.explanation)" }
    if let best = Self.best(explained, for: text) { return names[best] }
    return names.first { ["other", "unknown", "none", "general"].contains($0.lowercased()) }
      ?? names.first ?? ""
  }

  /// The one of some texts that shares the most words with `text`; nil when none shares any.
  static func choose(among labels: [String], for text: String) -> String? {
    best(labels, for: text).map { labels[$0] }
  }

  private static func best(_ labels: [String], for text: String) -> Int? {
    let asked = Set(Words.stems(text).map(Words.concept))
    let scores = labels.map { label in
      Set((Words.stems(ofName: label) + Words.stems(label)).map(Words.concept)).intersection(asked)
        .count
    }
    guard let most = scores.max(), most > 0 else { return nil }
    return scores.firstIndex(of: most)
  }

  private static func announces(_ line: String) -> Bool {
    let folded = line.lowercased()
    return ["one of:", "one of these", "one of the following"].contains(where: folded.holds)
      || ["label", "categor", "intent", "classes"].contains { word in
        folded.holds(word) && folded.holds(":")
      }
  }

  private static func list(afterColonOf line: String) -> [Label] {
    guard let colon = line.lastIndex(where: { $0 == ":" || $0 == "：" }) else { return [] }
    return line[line.index(after: colon)...].split { ",、;|".contains($0) }
      .map { label(String($0)) }.filter { !$0.name.isEmpty && $0.name.count <= 60 }
  }

  private static func items(_ lines: [String]) -> [Label] {
    lines.prefix { "-*•".contains($0.first ?? " ") || $0.first?.isNumber == true }.map { line in
      let text = line.drop { "-*•. )".contains($0) || $0.isNumber }
      let parts = text.split(separator: ":", maxSplits: 1)
      let name = label(String(parts.first ?? "")).name
      return Label(name: name, explanation: parts.count > 1 ? String(parts[1]).trimmed : "")
    }
  }

  private static func label(_ text: String) -> Label {
    let name = text.trimmed.drop { "\"'`“*".contains($0) }
    let end = name.lastIndex { !"\"'`”*.".contains($0) }.map(name.index(after:)) ?? name.startIndex
    var label = String(name[..<end])
    if label.lowercased().hasPrefix("or ") { label.removeFirst(3) }
    return Label(name: label, explanation: "")
  }
}
