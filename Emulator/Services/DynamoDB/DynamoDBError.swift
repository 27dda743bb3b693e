import JSON

/// What the service answers instead of a result: type with its full prefix, text, and sometimes more.
struct DynamoDBError: Error, Equatable, CustomStringConvertible {
  enum Kind: String, Sendable {
    case validation = "com.amazon.coral.validate#ValidationException"
    case serialization = "com.amazon.coral.service#SerializationException"
    case unknownOperation = "com.amazon.coral.service#UnknownOperationException"
    case missingAuthentication = "com.amazon.coral.service#MissingAuthenticationTokenException"
    case incompleteSignature = "com.amazon.coral.service#IncompleteSignatureException"
    case accessDenied = "com.amazon.coral.service#AccessDeniedException"
    case resourceNotFound = "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"
    case resourceInUse = "com.amazonaws.dynamodb.v20120810#ResourceInUseException"
    case conditionFailed = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"
    case transactionCanceled = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException"
    case idempotentMismatch =
      "com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException"
    case tableNotFoundByBackups = "com.amazonaws.dynamodb.v20120810#TableNotFoundException"
    case limitExceeded = "com.amazonaws.dynamodb.v20120810#LimitExceededException"
    case duplicateItem = "com.amazonaws.dynamodb.v20120810#DuplicateItemException"
    case trimmedData = "com.amazonaws.dynamodb.v20120810#TrimmedDataAccessException"
    case expiredIterator = "com.amazonaws.dynamodb.v20120810#ExpiredIteratorException"
    case internalError = "com.amazonaws.dynamodb.v20120810#InternalServerError"

    /// The code inside cancellation reasons and batch errors.
    var code: String {
      switch self {
      case .conditionFailed: "ConditionalCheckFailed"
      case .duplicateItem: "DuplicateItem"
      case .resourceNotFound: "ResourceNotFound"
      case .accessDenied: "AccessDenied"
      case .limitExceeded: "RequestLimitExceeded"
      case .internalError: "InternalServerError"
      default: "ValidationError"
      }
    }
  }

  let kind: Kind
  let message: String
  /// The item that a failed condition met, in its wire form, when the caller asked for it.
  var item: [UInt8]?
  /// The reasons of a cancelled transaction, already encoded.
  var reasons: [UInt8]?

  init(_ kind: Kind, _ message: String, item: [UInt8]? = nil, reasons: [UInt8]? = nil) {
    self.kind = kind
    self.message = message
    self.item = item
    self.reasons = reasons
  }

  var description: String { "\(kind.rawValue): \(message)" }

  var status: Int { kind == .internalError ? 500 : 400 }

  var encoded: [UInt8] {
    var output: [UInt8] = []
    output.append(raw: "{\"__type\":")
    output.appendJSON(kind.rawValue)
    switch kind {
    case .unknownOperation where message.isEmpty, .serialization where message.isEmpty: break
    case .unknownOperation, .serialization, .transactionCanceled:
      output.append(raw: ",\"Message\":")
      output.appendJSON(message)
    default:
      output.append(raw: ",\"message\":")
      output.appendJSON(message)
    }
    if let reasons {
      output.append(raw: ",\"CancellationReasons\":")
      output.append(contentsOf: reasons)
    }
    if let item {
      output.append(raw: ",\"Item\":")
      output.append(contentsOf: item)
    }
    output.append(0x7D)
    return output
  }
}

extension DynamoDBError {
  static func validation(_ message: String) -> DynamoDBError { .init(.validation, message) }

  /// `One or more parameter values were invalid: …`
  static func invalid(_ text: String) -> DynamoDBError {
    .init(.validation, "One or more parameter values were invalid: " + text)
  }

  static func serialization(_ message: String) -> DynamoDBError { .init(.serialization, message) }

  static let tableNotFound = DynamoDBError(.resourceNotFound, "Requested resource not found")

  static func tableNotFound(_ name: String) -> DynamoDBError {
    .init(.resourceNotFound, "Requested resource not found: Table: \(name) not found")
  }

  static let keyMismatch = validation("The provided key element does not match the schema")

  init(_ error: ValueError) { self.init(.validation, error.message) }

  /// The message inside the envelope that PutItem and UpdateItem use.
  var enveloped: DynamoDBError {
    DynamoDBError(kind, "1 validation error detected: " + message)
  }
}
