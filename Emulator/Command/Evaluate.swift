import Evaluation
import Glibc
import JSON
import Network

/// `martlet evaluate`: how well an assistant answers the questions of a file.
struct Evaluate {
  let options: EvaluateOptions
  let environment: [String: String]

  /// Exit status: nothing was answered, or accuracy is under the limit.
  static let failed: Int32 = 1
  /// What a shell reports for a program that SIGINT ended.
  static let interrupted: Int32 = 130
  /// Whose conversations they are.
  private static let user = "evaluation"
  /// Bytes of a file of answers.
  private static let longestAnswers = 1 << 30

  func run() async throws -> Int32 {
    let (name, questions) = try questions()
    let stack: Stack
    do {
      stack = try await Stack(
        address: options.address, assistant: options.assistant, token: try await token(),
        trust: TrustStore(environment: environment), timeout: .seconds(options.timeout))
    } catch let problem as Stack.Problem {
      let hint = options.address.isLoopback ? "; is it running? `martlet start`" : ""
      throw ProjectError(description: "\(problem)\(hint)")
    }
    let tasks = Evaluator.tasks(questions, variants: options.variants)
    let end = EndRequest()
    let answers = try await ask(stack, tasks, until: end)
    let report = await report(name, questions, answers, stack)
    try show(report)
    if answers.count < tasks.count { return Self.interrupted }
    guard answers.values.contains(where: { $0.failure == nil }) else {
      Console.shared.note("martlet: no question was answered")
      return Self.failed
    }
    return isGood(report) ? 0 : Self.failed
  }

  private func isGood(_ report: Report) -> Bool {
    guard let least = options.minimumAccuracy, report.leastAccuracy < least else { return true }
    Console.shared.note("martlet: the accuracy is under \(least)")
    return false
  }

  // MARK: - What is asked

  private func questions() throws -> (name: String, [Question]) {
    let file = options.questions ?? "evaluation/\(options.assistant).jsonl"
    let path =
      try options.questions ?? Project(options.project).folder + "/" + file
    do {
      let bytes = try Files.contents(of: path, limit: QuestionFile.longest)
      return (file, try chosen(QuestionFile(bytes).questions, file))
    } catch let problem as QuestionFile.Problem {
      throw ProjectError(description: "\(file): \(problem)")
    } catch let problem as Files.Problem {
      throw ProjectError(
        description: "\(file) \(problem)"
          + (options.questions == nil ? "; name a question file with --questions" : ""))
    }
  }

  /// Those that `--only` and `--limit` leave.
  private func chosen(_ questions: [Question], _ file: String) throws -> [Question] {
    for name in options.only
    where !questions.contains(where: { $0.id == name || $0.tags.contains(name) }) {
      throw ProjectError(description: "\(file): no question has the id or tag \(name)")
    }
    let chosen = questions.filter { question in
      options.only.isEmpty
        || options.only.contains { $0 == question.id || question.tags.contains($0) }
    }
    return Array(chosen.prefix(options.limit ?? .max))
  }

  /// The token that is given, else an administrator's, made with the key of this machine's state:
  /// others may neither choose the version nor see what is found, nor prices.
  private func token() async throws -> String {
    if let token = options.token ?? environment["MARTLET_TOKEN"] {
      guard !token.isEmpty, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
        throw UsageError(text: "martlet evaluate: the token is none: it has blanks or is empty")
      }
      return token
    }
    guard options.address.isLoopback else {
      throw UsageError(
        text: "martlet evaluate: who asks? Give a token in MARTLET_TOKEN or with --token.\n"
          + "See `martlet token --help`.")
    }
    return try await TokenCommand.tokens(of: options.project).text(user: Self.user, role: "admin")
  }

  private func ask(
    _ stack: Stack, _ tasks: [Evaluator.Task], until end: EndRequest
  ) async throws -> [Evaluator.Task: Answer] {
    let line = AnswerLine(assistant: options.assistant, address: options.address)
    let kept = try options.answers.map {
      try AnswerFile($0, line, to: tasks, limit: Self.longestAnswers)
    }
    let known = kept?.answers ?? [:]
    if !known.isEmpty {
      Console.shared.note("\(known.count) of \(tasks.count) were answered before")
    }
    var bar = ProgressBar(total: tasks.count, done: known.count)
    var right = known.count { Verdict($0.question, $1).score.isCorrect }
    let evaluator = Evaluator(concurrency: options.concurrency) { question, variant in
      await stack.ask(question, variant: variant)
    }
    return try await evaluator.run(
      tasks, known: known, until: { end.isRequested },
      record: { task, answer in
        try kept?.append(line.text(task, answer))
        if Verdict(task.question, answer).score.isCorrect { right += 1 }
        if let failure = answer.failure {
          let version = task.variant.map { " [\($0)]" } ?? ""
          bar.note("\(task.question.id)\(version): \(failure)")
        }
        bar.step("\(right) right")
      })
  }

  // MARK: - What comes out

  private func report(
    _ name: String, _ questions: [Question], _ answers: [Evaluator.Task: Answer], _ stack: Stack
  ) async -> Report {
    let models = Set(answers.values.compactMap(\.model))
    let prices =
      if let own = options.price { Prices(own: own) } else { await stack.prices(of: models) }
    let summaries = options.variants.map { variant in
      let verdicts = questions.compactMap { question in
        answers[Evaluator.Task(question, variant: variant)].map { Verdict(question, $0) }
      }
      return Summary(variant: variant, verdicts, prices: prices)
    }
    return Report(
      assistant: options.assistant, address: options.address, file: name, date: Self.date,
      summaries: summaries, prices: prices,
      missing: questions.count * options.variants.count - answers.count)
  }

  private func show(_ report: Report) throws(ProjectError) {
    if let page = options.page {
      try write(Array(HTMLReport(report).page.utf8), to: page)
    }
    let json = report.json.encoded(.pretty) + [0x0A]
    if options.json == "-" {
      Console.shared.print(json)
    } else {
      if let file = options.json { try write(json, to: file) }
      let lines = report.text.split(separator: "\n", omittingEmptySubsequences: false)
      Console.shared.print(lines.map { Console.visible(String($0)) }.joined(separator: "\n"))
    }
    for file in [options.page, options.json] {
      if let file, file != "-" { Console.shared.note("written: \(file)") }
    }
  }

  private func write(_ bytes: [UInt8], to file: String) throws(ProjectError) {
    do {
      try Files.write(bytes, to: file)
    } catch {
      throw ProjectError(description: "\(file) \(error)")
    }
  }

  /// `2026-11-21 16:00 UTC`.
  private static var date: String {
    var now = time(nil)
    var parts = tm()
    gmtime_r(&now, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) "
      + "\(two(parts.tm_hour)):\(two(parts.tm_min)) UTC"
  }
}

extension String {
  /// Whether an address leads to this machine.
  fileprivate var isLoopback: Bool {
    let host = split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).last?
      .prefix { $0 != "/" }
    guard let host, !host.contains("@") else { return false }
    let name = host.hasPrefix("[") ? host.prefix { $0 != "]" } + "]" : host.prefix { $0 != ":" }
    return ["localhost", "127.0.0.1", "[::1]"].contains(String(name))
  }
}
