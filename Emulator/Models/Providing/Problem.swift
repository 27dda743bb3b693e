/// Why a request is refused; each provider says it in its own shape.
struct Problem: Error, Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    case invalid
    case badKey
    case noKey
    case unknownModel
    case notFound
    case wrongMethod
    case tooLarge
    /// More tokens than a model takes.
    case tooLong
    /// A status that a fault or a script asks for.
    case status(Int)
  }

  var kind: Kind
  var message: String
  /// The parameter at fault.
  var parameter: String?
  /// Seconds.
  var retryAfter: Double?

  init(_ kind: Kind, _ message: String, parameter: String? = nil, retryAfter: Double? = nil) {
    self.kind = kind
    self.message = message
    self.parameter = parameter
    self.retryAfter = retryAfter
  }

  var status: Int {
    switch kind {
    case .invalid, .tooLong: 400
    case .badKey, .noKey: 401
    case .unknownModel, .notFound: 404
    case .wrongMethod: 405
    case .tooLarge: 413
    case .status(let status): status
    }
  }
}
