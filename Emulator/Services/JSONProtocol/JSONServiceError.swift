import JSON
import Server

/// What a service of the AWS JSON protocols answers instead of a result.
///
/// Source: smithy.io, "AWS JSON 1.1 protocol", "Operation error serialization".
struct JSONServiceError: Error, Equatable, CustomStringConvertible {
  /// The error's name in the service model, such as `ResourceNotFoundException`.
  let type: String
  let message: String
  let status: Int
  /// Members of the body besides type and message.
  let members: JSONObject
  /// `CODE;Sender`: what the error was called in the older query protocol (`x-amzn-query-error`).
  let queryCode: String?

  init(
    _ type: String, _ message: String, status: Int = 400, members: JSONObject = [:],
    queryCode: String? = nil
  ) {
    self.type = type
    self.message = message
    self.status = status
    self.members = members
    self.queryCode = queryCode
  }

  var description: String { "\(type): \(message)" }

  static func validation(_ message: String) -> JSONServiceError {
    JSONServiceError("ValidationException", message)
  }

  /// A body that is no JSON object, or a member of the wrong JSON type.
  static let serialization = JSONServiceError("SerializationException", "")

  /// An operation that nobody knows.
  static let unknownOperation = JSONServiceError("UnknownOperationException", "")

  /// An operation that the real service has and the emulator does not play. 501 is what SDKs do not
  /// try again.
  static func unsupported(_ operation: String, of service: String) -> JSONServiceError {
    JSONServiceError(
      "NotImplementedException", "martlet's \(service) does not play the operation \(operation).",
      status: 501)
  }
}
