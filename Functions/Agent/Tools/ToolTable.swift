import JSON

/// The tools of one assistant for one caller: what a model may call, and the only way to call it.
package struct ToolTable: Sendable {
  /// Bytes of a result that a model gets to see.
  static let longestResult = 32 * 1024
  /// Bytes of what a person is told about a call.
  private static let longestSummary = 320

  private let tools: [Tool]
  private let timeout: Duration

  /// Of all `tools` those that are `allowed`, in that order. One call may take `timeout`.
  package init(_ tools: [Tool], allowed: [String], timeout: Duration = .seconds(10)) {
    self.tools = allowed.compactMap { name in tools.first { $0.definition.name == name } }
    self.timeout = timeout
  }

  /// The tools of a specialist, or of somebody else who may use fewer.
  func only(_ names: [String]) -> ToolTable {
    ToolTable(tools, allowed: names, timeout: timeout)
  }

  /// What a call that needs the person's yes would do, in words; nil when it needs none, or is refused
  /// anyway.
  func summary(
    ofHeld call: ToolCall, for caller: Caller, _ language: FixedLanguage
  ) -> String? {
    guard let tool = tools.first(where: { $0.definition.name == call.name }),
      tool.isAllowed(for: caller), let arguments = try? Self.arguments(call.arguments),
      (try? tool.schema.check(arguments)) != nil, tool.consent.isNeeded(arguments)
    else { return nil }
    let summary = tool.consent.summary?(arguments, language)
    return (summary ?? "\(call.name): \(arguments)").prefix(utf8: Self.longestSummary)
  }

  /// What a model is told, for this caller.
  package func definitions(for caller: Caller) -> [ToolDefinition] {
    tools.filter { $0.isAllowed(for: caller) }.map(\.definition)
  }

  /// What came of one call: a result or a structured error, never both.
  package struct Outcome: Sendable, Equatable {
    package var call: ToolCall
    package var content: String
    package var error: ToolError?
    package var sources: [Source]
    package var duration: Duration
    package var usage = Usage()
  }

  /// Runs the calls of one round: read-only ones side by side, one with effects alone and in turn.
  ///
  /// `turn` and the number of a call within it, counted from `first`, make its idempotency key.
  package func run(
    _ calls: [ToolCall], for caller: Caller, turn: String, first: Int,
    report: @escaping @Sendable (_ number: Int, Outcome) async -> Void
  ) async -> [Outcome] {
    var outcomes: [Outcome] = []
    var index = 0
    while index < calls.count {
      var end = index + 1
      if isReadOnly(calls[index]) {
        while end < calls.count, isReadOnly(calls[end]) { end += 1 }
      }
      outcomes += await runTogether(
        Array(calls[index..<end]), for: caller, turn: turn, first: first + index, report: report)
      index = end
    }
    return outcomes
  }

  private func isReadOnly(_ call: ToolCall) -> Bool {
    tools.first { $0.definition.name == call.name }?.isReadOnly ?? true
  }

  private func runTogether(
    _ calls: [ToolCall], for caller: Caller, turn: String, first: Int,
    report: @escaping @Sendable (_ number: Int, Outcome) async -> Void
  ) async -> [Outcome] {
    await withTaskGroup(of: (Int, Outcome).self) { group in
      for (offset, call) in calls.enumerated() {
        group.addTask {
          let outcome = await run(
            call, for: caller, key: ToolAudit.key(turn, first + offset))
          await report(first + offset, outcome)
          return (offset, outcome)
        }
      }
      var outcomes: [Int: Outcome] = [:]
      for await (offset, outcome) in group { outcomes[offset] = outcome }
      return calls.indices.compactMap { outcomes[$0] }
    }
  }

  /// Runs one call, whatever it needs: who asks has seen to that.
  func run(_ call: ToolCall, for caller: Caller, key: String) async -> Outcome {
    let start = ContinuousClock.now
    do {
      let result = try await result(of: call, for: caller, key: key)
      let content = result.content.description
      guard content.utf8.count <= Self.longestResult else {
        throw ToolError(.failed, "the result is too long: ask for less")
      }
      return Outcome(
        call: call, content: content, error: nil, sources: result.sources,
        duration: start.duration(to: .now), usage: result.usage)
    } catch {
      let problem = (error as? ToolError) ?? ToolError(.failed, "the tool failed")
      return Outcome(
        call: call, content: problem.content.description, error: problem, sources: [],
        duration: start.duration(to: .now))
    }
  }

  private func result(of call: ToolCall, for caller: Caller, key: String) async throws -> ToolResult
  {
    guard let tool = tools.first(where: { $0.definition.name == call.name }) else {
      throw ToolError(.unknownTool, "there is no tool of this name")
    }
    guard tool.isAllowed(for: caller) else {
      throw ToolError(.notAllowed, "this tool may not be used here")
    }
    let arguments = try Self.arguments(call.arguments)
    try tool.schema.check(arguments)
    let invocation = ToolInvocation(arguments: arguments, caller: caller, idempotencyKey: key)
    return try await withTimeout { try await tool.run(invocation) }
  }

  /// Models write nothing at all for a tool without arguments.
  fileprivate static func arguments(_ text: String) throws(ToolError) -> JSONValue {
    guard text.utf8.contains(where: { $0 > 0x20 }) else { return [:] }
    do {
      return try JSONValue(parsing: text)
    } catch {
      throw ToolError(.invalidArguments, "the arguments are not JSON: \(error)")
    }
  }

  private func withTimeout(
    _ work: @escaping @Sendable () async throws -> ToolResult
  ) async throws -> ToolResult {
    try await withThrowingTaskGroup(of: ToolResult.self) { group in
      defer { group.cancelAll() }
      group.addTask { try await work() }
      group.addTask {
        try await Task.sleep(for: timeout)
        throw ToolError(.timedOut, "the tool took too long")
      }
      guard let result = try await group.next() else { throw CancellationError() }
      return result
    }
  }
}

extension Tool {
  func isAllowed(for caller: Caller) -> Bool { roles?.contains(caller.role) ?? true }
}

extension ToolCall {
  /// True when the arguments are not JSON at all.
  var isBroken: Bool { (try? ToolTable.arguments(arguments)) == nil }
}
