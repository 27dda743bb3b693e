import JSON
import Network
import Services
import Storage
import Template

/// `martlet cost`: what a tenant uses, and what the month will come to.
struct Cost {
  let options: CostOptions
  let environment: [String: String]

  private static let longestAnswer = 8 << 20
  private static let patience = Duration.seconds(30)

  func run() async throws -> Int32 {
    var address = options.address + "/api/v1/admin/usage"
    if let month = options.month { address += "?month=\(month)" }
    var request = ClientRequest("GET", address)
    request.headers["Authorization"] = "Bearer \(try await token())"
    request.responseLimit = Self.longestAnswer
    let response = try await HTTPClient(HTTPClientConfiguration(environment: environment)).send(
      request, deadline: .now + Self.patience)
    let body = String(decoding: response.body, as: UTF8.self)
    guard response.status == 200 else {
      let reason = (try? JSONValue(parsing: body))?["error"]?["message"]?.string ?? body
      throw ProjectError(
        description: "\(address) answered \(response.status): "
          + Console.visible(String(reason.prefix(300))))
    }
    if options.printsJSON {
      Console.shared.print(body)
    } else {
      Console.shared.print(CostTable(try JSONValue(parsing: body)).text)
    }
    return 0
  }

  /// The one that is given, else one for an administrator, made with the state's key.
  private func token() async throws -> String {
    if let token = options.token ?? environment["MARTLET_TOKEN"] { return token }
    return try await TokenCommand.tokens(of: options.project).text(
      tenant: options.tenant, role: "admin")
  }
}

/// The answer of `GET /api/v1/admin/usage` as a table.
struct CostTable {
  private static let columns = ["", "turns", "input", "output", "cost (USD)"]

  let report: JSONValue

  init(_ report: JSONValue) { self.report = report }

  var text: String {
    let tenant = report["tenant"]?.string ?? "?"
    let month = report["month"]?.string ?? "?"
    let percent = Int((report["elapsed"]?.double ?? 0) * 100)
    var rows: [[String]?] = [Self.columns]
    rows += lines("days", "day") + [nil]
    for (list, name) in [("models", "model"), ("users", "user")] {
      let lines = lines(list, name)
      if !lines.isEmpty { rows += lines + [nil] }
    }
    rows.append(row("total", report["total"] ?? .null))
    if let projection = report["projection"], !projection.isNull {
      rows.append([
        "at the month's end", "", "\(Self.grouped(projection["tokens"]?.int ?? 0)) tokens", "",
        projection["cost"]?.string ?? "?",
      ])
    }
    let title = Console.visible("\(tenant), \(month): \(percent) % of the month is over")
    return ([title, ""] + Self.aligned(rows) + notes).joined(separator: "\n")
  }

  private var notes: [String] {
    var notes: [String] = []
    for budget in report["budgets"]?.array ?? [] {
      let limit =
        budget["tokens"]?.int.map { "\(Self.grouped($0)) tokens" }
        ?? "\(budget["cost"]?.string ?? "?") USD"
      notes.append(
        "budget of the \(budget["scope"]?.string ?? "?") a \(budget["period"]?.string ?? "?"): "
          + "\(budget["percent"]?.int ?? 0) % of \(limit) (\(budget["state"]?.string ?? "?"))")
    }
    let shown = report["users"]?.array?.count ?? 0
    let people = report["userCount"]?.int ?? 0
    if shown < people { notes.append("\(shown) of \(people) people are shown: who cost most") }
    let unpriced = report["total"]?["unpricedTokens"]?.int ?? 0
    if unpriced > 0 {
      notes.append(
        "\(Self.grouped(unpriced)) tokens are of models without a known price (MODEL_PRICES)")
    }
    notes.append("prices of \(report["pricesFrom"]?.string ?? "?")")
    return [""] + notes.map { Console.visible($0) }
  }

  private func lines(_ list: String, _ name: String) -> [[String]?] {
    (report[list]?.array ?? []).map { row($0[name]?.string ?? "?", $0) }
  }

  private func row(_ name: String, _ tally: JSONValue) -> [String] {
    [
      Console.visible(name), Self.grouped(tally["turns"]?.int ?? 0),
      Self.grouped(tally["usage"]?["inputTokens"]?.int ?? 0),
      Self.grouped(tally["usage"]?["outputTokens"]?.int ?? 0), Self.cost(tally),
    ]
  }

  /// A model without a price costs no 0.00: nobody knows what it costs.
  private static func cost(_ tally: JSONValue) -> String {
    let cost = tally["cost"]?.string ?? "?"
    return cost == "0.00" && tally["unpricedTokens"]?.int ?? 0 > 0 ? "no price" : cost
  }

  /// `1,234,567`.
  private static func grouped(_ number: Int) -> String {
    var text = ""
    for (place, digit) in String(number).reversed().enumerated() {
      if place > 0, place % 3 == 0, digit != "-" { text.append(",") }
      text.append(digit)
    }
    return String(text.reversed())
  }

  /// Names to the left, numbers to the right; nil is an empty line.
  private static func aligned(_ rows: [[String]?]) -> [String] {
    let widths = columns.indices.map { column in
      rows.compactMap { $0?[column].count }.max() ?? 0
    }
    return rows.map { row in
      guard let row else { return "" }
      let cells = zip(row, widths).enumerated().map { column, cell in
        let (text, width) = cell
        let space = String(repeating: " ", count: width - text.count)
        return column == 0 ? text + space : space + text
      }
      var line = cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
