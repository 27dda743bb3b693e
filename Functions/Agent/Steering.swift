/// What was decided about a message before a model is asked.
struct Direction: Sendable {
  var finding: IntentRouter.Finding
  /// Who answers; nil is the assistant as a whole.
  var specialist: Specialist?
  /// Said in place of a model's answer.
  var words: String?
  /// How the session stands from now on; nil is as before.
  var session: Session.Status?
  /// Writing calls that the person has agreed to: they are made first.
  var agreed: Confirmation?

  var intent: Intent { finding.intent }

  init(_ intent: Intent, words: String? = nil, session: Session.Status? = nil) {
    finding = IntentRouter.Finding(intent: intent)
    self.words = words
    self.session = session
  }
}

/// Decides who answers a message: a specialist, a person of the organisation, or nobody anew because
/// the message says yes or no to something.
struct Steering: Sendable {
  let router: IntentRouter
  /// Nil: nothing is ever asked for a yes.
  let confirmations: StoredConfirmations?
  let now: @Sendable () -> Timestamp

  /// `conversation` and `history` are what was said before, the newest turn last.
  ///
  /// Throws `AgentError` for a decision about something that is not there or was decided before.
  func direction(
    of question: Question, _ profile: Profile, _ conversation: Conversation?, _ history: [Turn],
    until deadline: ContinuousClock.Instant
  ) async throws -> Direction {
    let text = question.text.text
    let words = FixedWords(language: FixedLanguage(of: text, among: profile.languages))
    if let decision = question.decision {
      let decided = try await self.decided(decision, question, profile, words)
      guard let decided else { throw AgentError.confirmationDecided }
      return decided
    }
    if conversation?.sessions.last?.status == .escalated {
      return Self.escalated(text, words)
    }
    if let asked = history.last?.confirmation, let isApproved = Decision.isApproved(text),
      let decided = try await decided(
        Decision(asked.id, isApproved: isApproved), question, profile, words)
    {
      return decided
    }
    let finding = await router.finding(
      text, named: question.agent?.specialist ?? question.agent.map { _ in Intent.general },
      current: history.last?.intent?.name, before: history.last?.question, until: deadline)
    guard finding.intent.name != Intent.human else {
      var direction = Direction(finding.intent, words: words.handedOver, session: .escalated)
      direction.finding = finding
      return direction
    }
    var direction = Direction(finding.intent)
    direction.finding = finding
    direction.specialist = profile.specialist(finding.intent.name)
    return direction
  }

  private static func escalated(_ text: String, _ words: FixedWords) -> Direction {
    guard HumanWish.isBack(text) else {
      let intent = Intent(Intent.human, confidence: 1, source: .conversation)
      return Direction(intent, words: words.stillWaiting)
    }
    let intent = Intent(Intent.back, confidence: 1, source: .lexical)
    return Direction(intent, words: words.isBack, session: .open)
  }

  // MARK: A yes or a no

  /// Nil when another message has decided before: whoever types a word then means something else.
  private func decided(
    _ decision: Decision, _ question: Question, _ profile: Profile, _ words: FixedWords
  ) async throws -> Direction? {
    guard let confirmations else { throw AgentError.confirmationNotFound }
    let verdict = try await confirmations.decide(
      decision, by: question.key.messageID, in: question.conversationID, of: question.caller,
      at: now())
    switch verdict {
    case .approved(let confirmation):
      var direction = Direction(Self.intent(of: confirmation))
      direction.specialist = confirmation.specialist.flatMap { profile.specialist($0) }
      direction.agreed = confirmation
      return direction
    case .refused(let confirmation):
      return Direction(Self.intent(of: confirmation), words: words.notDone)
    case .expired(let confirmation):
      return Direction(Self.intent(of: confirmation), words: words.tooLate)
    case .notFound: throw AgentError.confirmationNotFound
    case .decided: return nil
    }
  }

  private static func intent(of confirmation: Confirmation) -> Intent {
    Intent(confirmation.specialist ?? Intent.general, confidence: 1, source: .conversation)
  }
}
