import JSON

/// An evaluation as people and programs read it.
package struct Report: Sendable {
  package let assistant: String
  /// Where the stack is.
  package let address: String
  /// The question file's name.
  package let file: String
  /// When it was made: `2026-11-21 16:00 UTC`.
  package let date: String
  /// One version, or the two that are compared.
  package let summaries: [Summary]
  let prices: Prices
  /// Questions that were not asked because the run was broken off.
  let missing: Int

  package init(
    assistant: String, address: String, file: String, date: String, summaries: [Summary],
    prices: Prices, missing: Int = 0
  ) {
    self.assistant = assistant
    self.address = address
    self.file = file
    self.date = date
    self.summaries = summaries
    self.prices = prices
    self.missing = missing
  }

  package var comparison: Comparison? {
    guard summaries.count == 2 else { return nil }
    return Comparison(summaries[0], summaries[1])
  }

  /// The worst accuracy, for `--minimum-accuracy`.
  package var leastAccuracy: Double { summaries.map(\.accuracy.share).min() ?? 0 }

  // MARK: Rows

  struct Row {
    let name: String
    let cells: [String]
  }

  /// The figures, one column for each version.
  var rows: [Row] {
    var rows = [
      row("questions") { String($0.verdicts.count) },
      row("accuracy") { Self.text($0.accuracy) },
      row("failed turns") { String($0.failures) },
      row("says it does not know, rightly") { Self.text($0.declined) },
      row("says it does not know, needlessly") { Self.text($0.needlesslyDeclined) },
    ]
    rows += Summary.places.map { place in
      row("retrieval hit@\(place)") { Self.text($0.hits(at: place)) }
    }
    rows += [
      row("names an expected source") { Self.text($0.named) },
      row("right tool") { Self.text($0.tools) },
    ]
    for (name, times) in [("first chunk", \Summary.firstChunk), ("whole answer", \Summary.total)] {
      rows += Summary.Times.shares.map { share in
        row("\(name) p\(Int(share * 100))") { Figures.time($0[keyPath: times].percentile(share)) }
      }
    }
    rows += [
      row("tokens in / out") { "\($0.tokens.input) / \($0.tokens.output)" },
      row("cost") { $0.cost.map(Figures.dollars) ?? "unknown price" },
      row("model") { $0.models.joined(separator: ", ") },
      row("version that answered") { $0.variants.joined(separator: ", ") },
    ]
    return rows.filter { !$0.cells.allSatisfy { $0 == "–" } }
  }

  private func row(_ name: String, _ cell: (Summary) -> String) -> Row {
    Row(name: name, cells: summaries.map(cell))
  }

  static func text(_ rate: Summary.Rate) -> String {
    guard rate.total > 0 else { return "–" }
    let interval = rate.interval
    return "\(Figures.percent(rate.share)) (\(rate.count) of \(rate.total); "
      + "\(Figures.fixed(interval.lowerBound * 100, 1))–\(Figures.fixed(interval.upperBound * 100, 1)))"
  }

  // MARK: The terminal

  /// The table, the comparison, and each question that was not answered as it should be.
  package var text: String {
    var lines = ["\(assistant) at \(address), \(file)", ""]
    let width = (rows.map(\.name.count).max() ?? 0) + 2
    let cell = (rows.flatMap(\.cells).map(\.count).max() ?? 0) + 2
    if summaries.count > 1 {
      lines.append(Self.padded("", width) + summaries.map { Self.padded($0.title, cell) }.joined())
    }
    lines += rows.map { row in
      Self.padded(row.name, width) + row.cells.map { Self.padded($0, cell) }.joined()
    }
    lines += ["", "by tag:"]
    lines += tagRows.map { row in
      "  " + Self.padded(row.name, width) + row.cells.map { Self.padded($0, cell) }.joined()
    }
    lines += ["", Self.method, "costs: \(prices.note)"]
    if let breakOff { lines += ["", breakOff] }
    if let comparison { lines += [""] + Self.lines(comparison) }
    for summary in summaries { lines += Self.complaints(summary, isNamed: summaries.count > 1) }
    return lines.map { Self.trimmed($0) }.joined(separator: "\n")
  }

  var tagRows: [Row] {
    Set(summaries.flatMap { $0.tags.map(\.tag) }).sorted().map { tag in
      Row(
        name: tag,
        cells: summaries.map { summary in
          guard let rate = summary.tags.first(where: { $0.tag == tag })?.rate else { return "–" }
          return "\(Figures.percent(rate.share)) (\(rate.count) of \(rate.total))"
        })
    }
  }

  /// How the figures are to be read.
  static let method = """
    in brackets: how many of how many, and the 95 % interval (Wilson); hit@k: an expected source is \
    among the first k passages that are found for the question
    """

  /// nil for a whole run.
  var breakOff: String? {
    missing > 0 ? "broken off: \(missing) questions were not asked" : nil
  }

  static func lines(_ comparison: Comparison) -> [String] {
    let interval = comparison.accuracyInterval
    var lines = [
      "\(comparison.second.title) against \(comparison.first.title):",
      "  accuracy \(Figures.points(comparison.accuracyDifference)) points, 95 % interval "
        + "\(Figures.points(interval.lowerBound)) to \(Figures.points(interval.upperBound)) "
        + "(paired; Newcombe 1998, method 10)",
      "  right only with \(comparison.first.title): \(comparison.onlyFirst.count), "
        + "only with \(comparison.second.title): \(comparison.onlySecond.count); "
        + "McNemar's exact p = \(Figures.fixed(comparison.p, 4))",
    ]
    lines += comparison.times.map { name, difference in
      let interval = difference.interval.map {
        "95 % interval \(Figures.signed($0.lowerBound)) to \(Figures.signed($0.upperBound)) ms (sign test)"
      }
      return "  \(name) \(Figures.signed(difference.median)) ms (median of the differences), "
        + (interval ?? "too few questions for an interval")
    }
    return lines + ["  \(comparison.conclusion)"]
  }

  private static func complaints(_ summary: Summary, isNamed: Bool) -> [String] {
    let found = summary.verdicts.filter { !$0.score.isFlawless }
    guard !found.isEmpty else { return [] }
    return ["", isNamed ? "not as expected, \(summary.title):" : "not as expected:"]
      + found.map { verdict in
        "  \(verdict.score.isCorrect ? "~" : "✗") \(verdict.question.id): "
          + verdict.complaints.joined(separator: "; ")
      }
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  private static func trimmed(_ line: String) -> String {
    var line = line[...]
    while line.last == " " { line.removeLast() }
    return String(line)
  }
}
