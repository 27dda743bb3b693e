/// Why a message was not answered.
package enum AgentError: Error, Equatable, Sendable {
  case messageEmpty
  /// The limit counts Unicode scalars.
  case messageTooLong(limit: Int)
  /// No such conversation among the caller's own; somebody else's looks the same.
  case conversationNotFound
  /// The conversation has no such message.
  case messageNotFound
  /// Nothing of this name was asked of the caller, or it is forgotten.
  case confirmationNotFound
  /// It was said yes or no to before.
  case confirmationDecided
  case tooManyRequests(retryAfter: Duration?)
  /// What the caller, or the tenant, may use in this time is used up.
  case budgetUsedUp(Budget.Scope, Budget.Period, retryAfter: Duration)
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
    case .confirmationNotFound: "confirmation_not_found"
    case .confirmationDecided: "confirmation_decided"
    case .tooManyRequests: "too_many_requests"
    case .budgetUsedUp: "budget_used_up"
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
    case .confirmationNotFound:
      "There is nothing to confirm here any more. Please ask for it once more."
    case .confirmationDecided: "You have answered this before."
    case .tooManyRequests: "There are too many requests at the moment. Please try again later."
    case .budgetUsedUp(.user, .day, _):
      "You have used what you may use in a day. Please come back tomorrow; everything you wrote is kept."
    case .budgetUsedUp(.user, .month, _):
      "You have used what you may use in a month. Please ask your administrator for more, or come back "
        + "next month; everything you wrote is kept."
    case .budgetUsedUp(.tenant, .day, _):
      "Your organisation has used what it may use in a day. Please come back tomorrow, or ask your "
        + "administrator."
    case .budgetUsedUp(.tenant, .month, _):
      "Your organisation has used what it may use in a month. Please ask your administrator."
    case .modelUnavailable: "The assistant cannot answer at the moment. Please try again."
    case .deadlineExceeded: "The answer took too long. Please try again or ask for less at once."
    case .storeUnavailable: "Something went wrong on our side. Please try again."
    }
  }

  /// When trying again makes sense, if that is known.
  package var retryAfter: Duration? {
    switch self {
    case .tooManyRequests(let wait): wait
    case .budgetUsedUp(_, _, let wait): wait
    default: nil
    }
  }

  /// What the log says; nil when the case says it all.
  package var reason: String? {
    switch self {
    case .modelUnavailable(let reason), .storeUnavailable(let reason): reason
    default: nil
    }
  }
}
