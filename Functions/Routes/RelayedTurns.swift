import Agent
import Cloud
import JSON
import LambdaRuntime

/// Turns whose clients can come back and stop them, by WebSocket and by HTTP alike.
struct RelayedTurns: Sendable {
  /// What the answer's last event and the log need after the agent's time is up.
  static let reserve = Duration.seconds(1)
  /// Milliseconds after which whoever answers has died: a turn never lasts as long.
  private static let lease: Int64 = 30_000

  let live: any LiveTurns
  /// The way to clients that come back on a connection.
  let sender: any FrameSender
  /// How long a turn goes on without a listener.
  let grace: Duration
  /// What turns cost is counted here; nil counts nothing.
  var ledger: UsageLedger?
  /// What came out of the cache is counted here; nil counts nothing.
  var cache: CacheLog?
  var now: @Sendable () -> Timestamp = { .now }

  /// Answers and stores a turn; `id` is the name under which its client comes back. `listener` takes
  /// its events as long as the client is there; `reading` is what was read for the question before.
  func answer(
    _ question: Question, by agent: Agent, as id: String, reading: TurnReading? = nil,
    _ invocation: Invocation, _ listener: @escaping TurnRelay.Listener
  ) async {
    let relay = TurnRelay(
      id: id, key: question.key, listener: listener, live: live, sender: sender, grace: grace)
    async let begun: Void = live.begin(
      LiveTurnName(owner: question.key.owner, id: id),
      LiveTurn(
        message: question.key.messageID, leaseUntil: now().milliseconds + Self.lease))
    let watch = { @Sendable in await relay.watch() }
    let audit = { @Sendable (call: ToolAudit) in
      invocation.log.tool(call, of: question, by: agent.name)
    }
    let report = await agent.answer(
      question, until: invocation.deadline - Self.reserve, reading: reading, watch: watch,
      audit: audit
    ) { try await relay.take($0) }
    // The client has its answer: what goes wrong now only keeps it from coming back for it.
    do {
      try await begun
      // Also when the invocation is being ended.
      try await uninterrupted { try await relay.finish(report) }
    } catch {
      invocation.log.warn("end of the turn not kept", ["reason": "\(error)"])
    }
    invocation.log.turn(report, of: question.caller)
    if report.session == .escalated { invocation.log.escalated(report, of: question.caller) }
    TurnMetrics.emit(report, for: invocation)
    async let compared: Void = compare(report, of: question, invocation)
    async let cached: Void? = cache?.write(report, of: question.caller, invocation)
    await charge(report, to: question.caller, invocation)
    await compared
    _ = await cached
  }

  /// Counts how the version of the assistant did. What an administrator asked of a chosen version says
  /// nothing about it: those are trials.
  private func compare(
    _ report: TurnReport, of question: Question, _ invocation: Invocation
  ) async {
    guard let ledger, question.variant == nil else { return }
    do {
      try await ledger.count(report, of: question.caller, at: now())
    } catch {
      invocation.log.error("version not counted", ["reason": "\(error)"])
    }
  }

  /// Counts what a turn used, and warns of budgets that it brought near their end.
  ///
  /// An answer that was given before was counted before, but not what looking again took. Counting that fails is no reason to fail: the
  /// person has the answer.
  private func charge(
    _ report: TurnReport, to caller: Caller, _ invocation: Invocation
  ) async {
    guard let ledger else { return }
    let answer = ModelUse(model: report.model, usage: report.usage)
    let uses = report.outcome == .repeated ? [] : [(answer, 1)]
    do {
      for (use, turns) in uses + report.others.map({ ($0, 0) }) where use.usage.tokens > 0 {
        try await ledger.charge(use, to: caller, at: now(), turns: turns, invocation)
      }
    } catch {
      invocation.log.error("turn not counted", ["reason": "\(error)"])
    }
  }
}

extension Log {
  /// The one line about a call of a tool: who, what and how it went, never with what.
  fileprivate func tool(_ audit: ToolAudit, of question: Question, by assistant: String) {
    info(
      "tool call",
      [
        "tool": .string(audit.tool), "outcome": .string(audit.outcome),
        "tenant": .string(question.caller.tenant), "user": .string(question.caller.pseudonym),
        "assistant": .string(assistant),
        "conversationId": .string(question.conversationID.text),
        "idempotencyKey": .string(audit.idempotencyKey),
        "argumentDigest": .string(audit.argumentDigest),
        "durationMs": .double(audit.duration.milliseconds),
      ])
  }

  /// For those who see to it that a person answers.
  fileprivate func escalated(_ report: TurnReport, of caller: Caller) {
    warn(
      "conversation escalated",
      [
        "tenant": .string(caller.tenant), "user": .string(caller.user),
        "assistant": .string(report.assistant),
        "conversationId": .string(report.conversation.text),
      ])
  }

  /// The one line about a turn.
  func turn(_ report: TurnReport, of caller: Caller) {
    var reason = ""
    if case .failed(let error) = report.outcome { reason = error.reason ?? error.code }
    info(
      "turn",
      [
        "outcome": .string(report.outcome.name), "reason": .string(reason),
        "tenant": .string(caller.tenant), "user": .string(caller.user),
        "conversationId": .string(report.conversation.text), "messageId": .string(report.message),
        "assistant": .string(report.assistant), "model": .string(report.model),
        "variant": .string(report.variant ?? Profile.standardVariant),
        "specialist": .string(report.specialist ?? "none"),
        "intent": .string(report.intent?.name ?? "none"),
        "intentSource": .string(report.intent?.source.rawValue ?? Intent.Source.none.rawValue),
        "intentConfidence": .double(report.intent?.confidence ?? 0),
        "inputTokens": .integer(report.usage.input), "outputTokens": .integer(report.usage.output),
        "rounds": .integer(report.rounds), "toolCalls": .integer(report.tools.count),
        "passages": .integer(report.passages ?? -1),
        "retrieval": .string(report.retrieval?.rawValue ?? "none"),
        "cache": .string(report.cache?.rawValue ?? "not asked"),
        "answerBytes": .integer(report.answerBytes),
        "preparationMs": .double(report.preparation?.milliseconds ?? 0),
        "firstTextMs": .double(report.firstText?.milliseconds ?? 0),
        "totalMs": .double(report.total.milliseconds),
      ])
  }
}

extension Duration {
  /// This duration in milliseconds, to the microsecond.
  fileprivate var milliseconds: Double {
    let parts = components
    let microseconds = parts.seconds * 1_000_000 + parts.attoseconds / 1_000_000_000_000
    return Double(microseconds) / 1000
  }
}
