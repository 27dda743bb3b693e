/// Why an HTTP request is not answered with what it asked for.
enum Refusal: Error, Equatable {
  /// What is wrong, for whoever wrote the request.
  case badRequest(String)
  case unauthorized
  case forbidden
  case notFound
  case methodNotAllowed(allowed: [String])
  case internalError

  var status: Int {
    switch self {
    case .badRequest: 400
    case .unauthorized: 401
    case .forbidden: 403
    case .notFound: 404
    case .methodNotAllowed: 405
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
    case .internalError: "Something went wrong on our side. Please try again."
    }
  }
}
