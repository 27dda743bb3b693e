/// The report as one page that needs nothing else: no script, no address is loaded.
package struct HTMLReport {
  private let report: Report

  package init(_ report: Report) { self.report = report }

  package var page: String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
    <title>Evaluation of \(Self.escaped(report.assistant))</title>
    <style>\(HTMLStyle.text)</style>
    </head>
    <body>
    <h1>Evaluation of \(Self.escaped(report.assistant))</h1>
    <p class="quiet">\(Self.escaped(report.date)) · \(Self.escaped(report.address)) · \
    \(Self.escaped(report.file))</p>
    \(report.breakOff.map { "<p class=\"bad\">\(Self.escaped($0))</p>" } ?? "")
    \(cards)
    \(report.comparison.map(comparison) ?? "")
    <div class="sides">
    <section><h2>Figures</h2>\(figures)</section>
    <section><h2>By tag</h2>\(tags)</section>
    </div>
    <p class="quiet">\(Self.escaped(Report.method)); costs: \(Self.escaped(report.prices.note)).</p>
    \(report.summaries.map(section).joined(separator: "\n"))
    </body>
    </html>

    """
  }

  // MARK: - Parts

  private var cards: String {
    let cards = report.summaries.map { summary in
      let name = report.summaries.count > 1 ? " · \(Self.escaped(summary.title))" : ""
      let figures = [
        ("accuracy\(name)", Figures.percent(summary.accuracy.share)),
        ("hit@1", Self.share(summary.hits(at: 1))), ("right tool", Self.share(summary.tools)),
        ("first chunk, median", Figures.time(summary.firstChunk.percentile(0.5))),
        ("whole answer, p95", Figures.time(summary.total.percentile(0.95))),
        ("cost", summary.cost.map(Figures.dollars) ?? "–"),
      ]
      let items = figures.map { "<div><dt>\($0.0)</dt><dd>\($0.1)</dd></div>" }
      return "<dl class=\"cards\">\(items.joined())</dl>"
    }
    return cards.joined(separator: "\n")
  }

  private func comparison(_ comparison: Comparison) -> String {
    let lines = Report.lines(comparison)
    let items = lines.dropFirst().dropLast().map { "<li>\(Self.escaped($0))</li>" }
    return """
      <h2>\(Self.escaped(comparison.second.title)) against \(Self.escaped(comparison.first.title))</h2>
      <p><strong>\(Self.escaped(comparison.conclusion)).</strong></p>
      <ul>\(items.joined())</ul>
      \(differing("Right only with \(comparison.first.title)", comparison.onlyFirst))
      \(differing("Right only with \(comparison.second.title)", comparison.onlySecond))
      """
  }

  private func differing(_ title: String, _ verdicts: [Verdict]) -> String {
    guard !verdicts.isEmpty else { return "" }
    let names = verdicts.map { "<code>\(Self.escaped($0.question.id))</code>" }
    return "<p>\(Self.escaped(title)): \(names.joined(separator: ", "))</p>"
  }

  private var figures: String { table(report.rows.map { ($0.name, $0.cells) }) }

  private var tags: String { table(report.tagRows.map { ($0.name, $0.cells) }) }

  private func table(_ rows: [(name: String, cells: [String])]) -> String {
    let titles = report.summaries.map { "<th>\(Self.escaped($0.title))</th>" }
    let head = report.summaries.count > 1 ? "<tr><th></th>\(titles.joined())</tr>" : ""
    let body = rows.map { row in
      let cells = row.cells.map { "<td>\(Self.escaped($0))</td>" }
      return "<tr><th scope=\"row\">\(Self.escaped(row.name))</th>\(cells.joined())</tr>"
    }
    return "<div class=\"wide\"><table>\(head)\(body.joined(separator: "\n"))</table></div>"
  }

  /// The questions of one version, those with complaints open and first.
  private func section(_ summary: Summary) -> String {
    let name = report.summaries.count > 1 ? ": \(Self.escaped(summary.title))" : ""
    let bad = summary.verdicts.filter { !$0.score.isFlawless }
    let good = summary.verdicts.filter(\.score.isFlawless)
    var parts = ["<h2>Not as expected\(name) (\(bad.count))</h2>"]
    parts.append(
      bad.isEmpty ? "<p class=\"good\">Every answer is as expected.</p>" : list(bad, isOpen: true))
    if !good.isEmpty {
      parts += ["<h2>As expected\(name) (\(good.count))</h2>", list(good, isOpen: false)]
    }
    return parts.joined(separator: "\n")
  }

  private func list(_ verdicts: [Verdict], isOpen: Bool) -> String {
    verdicts.map { item($0, isOpen: isOpen) }.joined(separator: "\n")
  }

  private func item(_ verdict: Verdict, isOpen: Bool) -> String {
    let state = verdict.score.isCorrect ? (verdict.score.isFlawless ? "good" : "fair") : "bad"
    let word = verdict.score.isCorrect ? "right" : "wrong"
    let answer = verdict.answer
    let rows = [
      ("said before", verdict.question.messages.dropLast().joined(separator: " → ")),
      ("expected", Self.expected(verdict.question)),
      ("forbidden", verdict.question.forbidden.joined(separator: "; ")),
      ("complaints", verdict.complaints.joined(separator: "; ")),
      ("tools", answer.tools.joined(separator: ", ")),
      ("sources", answer.sources.joined(separator: ", ")),
      ("found", Self.found(verdict)),
      (
        "time",
        "\(Figures.time(answer.firstChunk)) to the first chunk, "
          + "\(Figures.time(answer.total)) in all"
      ),
    ].filter { !$0.1.isEmpty }.map {
      "<div><dt>\($0.0)</dt><dd>\(Self.escaped($0.1))</dd></div>"
    }
    return """
      <details\(isOpen ? " open" : "")><summary><span class="\(state)">\(word)</span> \
      <code>\(Self.escaped(verdict.question.id))</code> \(Self.escaped(verdict.question.text))\
      </summary><blockquote>\(Self.escaped(answer.text))</blockquote>\
      <dl class="facts">\(rows.joined())</dl></details>
      """
  }

  /// At which place the search has an expected source.
  private static func found(_ verdict: Verdict) -> String {
    guard verdict.score.expectsSource, let retrieved = verdict.answer.retrieved else { return "" }
    let place = verdict.score.rank.map { "an expected source at place \($0)" }
    return place ?? "no expected source among the first \(retrieved.count)"
  }

  private static func expected(_ question: Question) -> String {
    let facts = question.facts.map { $0.joined(separator: " / ") }
    return (facts + (question.declines ? ["says that it does not know"] : []))
      .joined(separator: "; ")
  }

  private static func share(_ rate: Summary.Rate) -> String {
    rate.total > 0 ? Figures.percent(rate.share) : "–"
  }

  /// Text as HTML; what reorders text on screen is left out.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x26: escaped += "&amp;"
      case 0x3C: escaped += "&lt;"
      case 0x3E: escaped += "&gt;"
      case 0x22: escaped += "&quot;"
      case 0x27: escaped += "&#39;"
      case 0x09, 0x0A, 0x0D: escaped.unicodeScalars.append(scalar)
      case 0..<0x20, 0x7F...0x9F, 0x202A...0x202E, 0x2066...0x2069: escaped += "\u{FFFD}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}

/// How the page looks, in light and dark.
enum HTMLStyle {
  static let text = """
    :root { color-scheme: light dark; --ink: #1d2430; --quiet: #5a6575; --line: #d9dee6;
      --ground: #ffffff; --panel: #f5f7fa; --bad: #b3261e; --good: #1b6e3c; --fair: #8a5a00; }
    @media (prefers-color-scheme: dark) {
      :root { --ink: #e6e9ef; --quiet: #9aa5b5; --line: #333c49; --ground: #14181f;
        --panel: #1c222b; --bad: #ff8a80; --good: #7fd6a0; --fair: #f0c36d; }
    }
    body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; background: var(--ground);
      color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
    h1 { margin: 0; font-size: 1.5rem; }
    h2 { margin: 2rem 0 0.5rem; font-size: 1.1rem; }
    p { margin: 0.5rem 0; }
    .quiet { color: var(--quiet); font-size: 0.9rem; }
    .cards { display: grid; gap: 0.75rem; margin: 1rem 0;
      grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); }
    .cards div { padding: 0.75rem 1rem; border-radius: 0.5rem; background: var(--panel); }
    .cards dt, .facts dt { color: var(--quiet); font-size: 0.85rem; }
    .cards dd { margin: 0; font-size: 1.3rem; font-variant-numeric: tabular-nums; }
    .sides { display: grid; gap: 0 2rem;
      grid-template-columns: repeat(auto-fit, minmax(min(100%, 31rem), 1fr)); }
    .sides section { min-width: 0; }
    .wide { overflow-x: auto; }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
    th, td { padding: 0.3rem 0.9rem 0.3rem 0; border-bottom: 1px solid var(--line);
      text-align: left; vertical-align: top; overflow-wrap: normal; }
    th { color: var(--quiet); font-weight: 500; }
    details { border-bottom: 1px solid var(--line); padding: 0.4rem 0; }
    summary { cursor: pointer; }
    summary:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
    blockquote { margin: 0.5rem 0; padding: 0.5rem 1rem; border-left: 3px solid var(--line);
      background: var(--panel); white-space: pre-wrap; }
    .facts { margin: 0.5rem 0; }
    .facts div { display: grid; grid-template-columns: 6.5rem 1fr; gap: 0.5rem; }
    .facts dd { margin: 0; }
    .bad, .good, .fair { font-weight: 600; }
    .bad { color: var(--bad); }
    .good { color: var(--good); }
    .fair { color: var(--fair); }
    """
}
