import Synchronization

/// What a turn has come to so far; written by the model's side, read when the turn ends for any reason.
final class Draft: Sendable {
  struct Content: Sendable {
    var text = ""
    var usage = Usage()
    /// Who answered last, when the model said so.
    var model: String?
    var rounds = 0
    var steps: [ToolStep] = []
    /// What tools returned.
    var sources: [Source] = []
    /// What the provider itself looked at.
    var grounding: [Source] = []
    var firstText: ContinuousClock.Instant?
    var toolTimes: [TurnReport.ToolTime] = []
    /// What the person is asked to confirm.
    var confirmation: ConfirmationRequest?
    /// What was found for the question; nil when the knowledge could not be searched.
    var retrieval: Retrieval?
    /// What the question's vector took.
    var embeddings: [ModelUse] = []
    /// The look into the cache of a turn whose answer may be shared.
    var look: AnswerCache.Look?
    /// The answer out of the cache.
    var cached: CachedAnswer?
    /// What the answer names.
    var named: [Source] = []
  }

  private let content = Mutex(Content())

  var current: Content { content.withLock { $0 } }

  func change<T: Sendable>(_ body: (inout Content) -> T) -> T { content.withLock { body(&$0) } }

  /// Takes as much of the text as the limit leaves room for.
  func append(_ text: String, limit: Int) -> (taken: String, isFull: Bool) {
    change { content in
      let room = limit - content.text.utf8.count
      let taken = text.prefix(utf8: room)
      content.text += taken
      if content.firstText == nil { content.firstText = .now }
      return (taken, taken.utf8.count < text.utf8.count)
    }
  }
}
