/// Why a message was not answered.
package enum AgentError: Error, Equatable, Sendable {
  case messageEmpty
  /// The limit counts Unicode scalars.
  case messageTooLong(limit: Int)
  /// No such conversation among the caller's own; somebody else's looks the same.
  case conversationNotFound
  /// The conversation has no such message.
  case messageNotFound
  case tooManyRequests(retryAfter: Duration?)
  /// The provider could not be reached, refused, or broke off. `reason` is for the log.
  case modelUnavailable(reason: String)
  case deadlineExceeded
  /// A store failed. `reason` is for the log.
  case storeUnavailable(reason: String)

  /// The name of the case as clients know it.
  package var code: String {
    switch self {
    case .messageEmpty: "message_empty"
    case .messageTooLong: "message_too_long"
    case .conversationNotFound: "conversation_not_found"
    case .messageNotFound: "message_not_found"
    case .tooManyRequests: "too_many_requests"
    case .modelUnavailable: "model_unavailable"
    case .deadlineExceeded: "deadline_exceeded"
    case .storeUnavailable: "internal_error"
    }
  }

  /// What the person can do; no internals.
  package var userMessage: String {
    switch self {
    case .messageEmpty: "Please write a message."
    case .messageTooLong(let limit):
      "The message is too long: at most \(limit) characters, please shorten it."
    case .conversationNotFound: "This conversation does not exist. Please start a new one."
    case .messageNotFound: "This message does not exist any more. Please load the page again."
    case .tooManyRequests: "There are too many requests at the moment. Please try again later."
    case .modelUnavailable: "The assistant cannot answer at the moment. Please try again."
    case .deadlineExceeded: "The answer took too long. Please try again or ask for less at once."
    case .storeUnavailable: "Something went wrong on our side. Please try again."
    }
  }

  /// When trying again makes sense, if that is known.
  package var retryAfter: Duration? {
    guard case .tooManyRequests(let wait) = self else { return nil }
    return wait
  }

  /// What the log says; nil when the case says it all.
  package var reason: String? {
    switch self {
    case .modelUnavailable(let reason), .storeUnavailable(let reason): reason
    default: nil
    }
  }
}
