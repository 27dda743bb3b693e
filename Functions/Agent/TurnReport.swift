/// Tokens that a model used.
package struct ModelUse: Sendable, Equatable {
  package var model: String
  package var usage: Usage

  package init(model: String, usage: Usage) {
    self.model = model
    self.usage = usage
  }
}

/// What a turn was like, for one log line and the metrics.
package struct TurnReport: Sendable {
  package enum Outcome: Sendable, Equatable {
    case completed(Completion.Finish)
    /// The message had been answered before; the stored answer was sent again.
    case repeated
    case failed(AgentError)
    /// The receiver went away in the middle.
    case disconnected
    /// The invocation was ended from outside.
    case cancelled

    /// For logs: `complete`, `stopped`, `failed`, ….
    package var name: String {
      switch self {
      case .completed(let finish): finish.rawValue
      case .repeated: "repeated"
      case .failed: "failed"
      case .disconnected: "disconnected"
      case .cancelled: "cancelled"
      }
    }
  }

  package struct ToolTime: Sendable, Equatable {
    package var name: String
    /// The code of the error, if it failed.
    package var error: String?
    package var duration: Duration
  }

  package var outcome: Outcome
  /// What other models used for the turn, beside the one that answered.
  package var others: [ModelUse] = []
  package var conversation: ConversationID
  package var message: String
  /// The number of the stored turn; nil when none was stored.
  package var turn: Int?
  package var assistant: String
  package var model: String
  /// The version of the assistant; nil is the standard one.
  package var variant: String?
  /// What the message was about; nil when nobody looked.
  package var intent: Intent?
  /// The specialist who answered.
  package var specialist: String?
  /// How the session stands, where the turn has changed it.
  package var session: Session.Status?
  /// Whether a model was asked what the message is about; `others` says what that used.
  package var asksClassifier = false
  package var usage = Usage()
  package var rounds = 0
  package var tools: [ToolTime] = []
  /// How many passages the model was given; nil when the knowledge could not be searched.
  package var passages: Int?
  /// How they were looked for; nil when the knowledge could not be searched.
  package var retrieval: Retrieval.Mode?
  /// Where an answer was found that was made before; `none` when there was none to be given, nil when
  /// none was looked for.
  package var cache: CacheLevel?
  /// Bytes of the answer.
  package var answerBytes = 0
  /// From the beginning to the first text of the model.
  package var firstText: Duration?
  /// History and retrieval, before the model was asked.
  package var preparation: Duration?
  package var total: Duration = .zero
}
