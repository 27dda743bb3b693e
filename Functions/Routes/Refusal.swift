import Agent

/// Why an HTTP request is not answered with what it asked for.
enum Refusal: Error, Equatable {
  /// What is wrong, for whoever wrote the request.
  case badRequest(String)
  case unauthorized
  case forbidden
  case notFound
  case methodNotAllowed(allowed: [String])
  /// Fields of a body that are not what they should be.
  case invalid([FieldProblem])
  case unsupportedMediaType
  /// The limit is in bytes.
  case tooLarge(limit: Int)
  /// What is asked does not go with what is there.
  case conflict(code: String, String)
  /// What the agent refuses or could not do.
  case agent(AgentError)
  case internalError

  /// A field, or a parameter of the query, that is not what it should be.
  static func invalid(_ field: String, _ code: String, _ message: String) -> Refusal {
    .invalid([FieldProblem(field: field, code: code, message: message)])
  }

  var status: Int {
    switch self {
    case .badRequest: 400
    case .unauthorized: 401
    case .forbidden: 403
    case .notFound: 404
    case .methodNotAllowed: 405
    case .invalid: 422
    case .unsupportedMediaType: 415
    case .tooLarge: 413
    case .conflict: 409
    case .agent(let error): error.status
    case .internalError: 500
    }
  }

  var code: String {
    switch self {
    case .badRequest: "bad_request"
    case .unauthorized: "unauthorized"
    case .forbidden: "forbidden"
    case .notFound: "not_found"
    case .methodNotAllowed: "method_not_allowed"
    case .invalid: "invalid"
    case .unsupportedMediaType: "unsupported_media_type"
    case .tooLarge: "too_large"
    case .conflict(let code, _): code
    case .agent(let error): error.code
    case .internalError: "internal_error"
    }
  }

  var message: String {
    switch self {
    case .badRequest(let what): what
    case .unauthorized: "Please sign in: a valid bearer token is needed."
    case .forbidden: "Your role does not permit this."
    case .notFound: "There is nothing here."
    case .methodNotAllowed(let allowed): "Only \(allowed.joined(separator: ", ")) is answered here."
    case .invalid(let problems):
      "Not accepted: \(problems.prefix(3).map { $0.field.isEmpty ? "body" : $0.field }.joined(separator: ", "))."
    case .unsupportedMediaType: "The body must be JSON: content-type application/json."
    case .tooLarge(let limit): "The body is too long: at most \(limit) bytes."
    case .conflict(_, let what): what
    case .agent(let error): error.userMessage
    case .internalError: "Something went wrong on our side. Please try again."
    }
  }
}

extension AgentError {
  /// As a status of HTTP.
  fileprivate var status: Int {
    switch self {
    case .messageEmpty, .messageTooLong: 422
    case .conversationNotFound, .messageNotFound, .confirmationNotFound: 404
    case .confirmationDecided: 409
    case .tooManyRequests, .budgetUsedUp: 429
    case .modelUnavailable: 503
    case .deadlineExceeded: 504
    default: 500
    }
  }
}
