/// The errors of SQS, each with its name in the older query protocol, which SDKs go on to show.
///
/// Source: SQS API reference, "Common errors" and "awsQueryError" in the service model.
extension JSONServiceError {
  private static func sqs(
    _ name: String, _ message: String, query: String? = nil, status: Int = 400
  ) -> JSONServiceError {
    JSONServiceError(
      "com.amazonaws.sqs#\(name)", message, status: status,
      queryCode: (query ?? "AWS.SimpleQueueService.\(name)") + ";Sender")
  }

  /// The same in the words of the older protocol.
  static let noQueueThere = sqs(
    "QueueDoesNotExist", "The specified queue does not exist for this wsdl version.",
    query: "AWS.SimpleQueueService.NonExistentQueue")

  static let noQueue = sqs(
    "QueueDoesNotExist", "The specified queue does not exist.",
    query: "AWS.SimpleQueueService.NonExistentQueue")

  static func queueExists(_ attribute: String) -> JSONServiceError {
    sqs(
      "QueueNameExists",
      "A queue already exists with the same name and a different value for attribute \(attribute)",
      query: "QueueAlreadyExists")
  }

  static func parameter(_ message: String) -> JSONServiceError {
    JSONServiceError(
      "com.amazon.coral.service#InvalidParameterValueException", message,
      queryCode: "InvalidParameterValue;Sender")
  }

  /// `Value 11 for parameter MaxNumberOfMessages is invalid. Reason: …`
  static func parameter(_ name: String, _ value: String, _ reason: String) -> JSONServiceError {
    parameter("Value \(value) for parameter \(name) is invalid. Reason: \(reason)")
  }

  static func missingParameter(_ name: String) -> JSONServiceError {
    sqs(
      "MissingRequiredParameterException", "The request must contain the parameter \(name).",
      query: "MissingParameter")
  }

  static func attributeName(_ name: String) -> JSONServiceError {
    sqs("InvalidAttributeName", "Unknown Attribute \(name).", query: "InvalidAttributeName")
  }

  static func attributeNameText(_ message: String) -> JSONServiceError {
    sqs("InvalidAttributeName", message, query: "InvalidAttributeName")
  }

  static func attributeValue(_ name: String, _ reason: String? = nil) -> JSONServiceError {
    sqs(
      "InvalidAttributeValue",
      "Invalid value for the parameter \(name)." + (reason.map { " Reason: \($0)" } ?? ""),
      query: "InvalidAttributeValue")
  }

  static func purged(_ queue: String) -> JSONServiceError {
    sqs(
      "PurgeQueueInProgress",
      "Only one PurgeQueue operation on \(queue) is allowed every 60 seconds.", status: 403)
  }

  static func receiptHandle(_ handle: String) -> JSONServiceError {
    sqs(
      "ReceiptHandleIsInvalid",
      "The input receipt handle \"\(handle.prefix(2048))\" is not a valid receipt handle.",
      query: "ReceiptHandleIsInvalid")
  }

  static let invalidContents = sqs(
    "InvalidMessageContents",
    "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | "
      + "#xE000 to #xFFFD | #x10000 to #x10FFFF", query: "InvalidMessageContents")

  static func emptyBatch(_ entry: String) -> JSONServiceError {
    sqs(
      "EmptyBatchRequest",
      "There should be at least one \(entry) in the request.")
  }

  static func tooManyEntries(_ count: Int) -> JSONServiceError {
    sqs(
      "TooManyEntriesInBatchRequest",
      "Maximum number of entries per request are 10. You have sent \(count).")
  }

  static let invalidEntryID = sqs(
    "InvalidBatchEntryId",
    "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be "
      + "at most 80 letters long.")

  static func repeatedEntry(_ id: String) -> JSONServiceError {
    sqs("BatchEntryIdsNotDistinct", "Id \(id) repeated.")
  }

  static func batchTooLong(_ limit: Int, _ count: Int) -> JSONServiceError {
    sqs(
      "BatchRequestTooLong",
      "Batch requests cannot be longer than \(limit) bytes. You have sent \(count) bytes.")
  }

  static func noResource(_ message: String) -> JSONServiceError {
    sqs(
      "ResourceNotFoundException", message, query: "ResourceNotFoundException", status: 404)
  }

  /// The name without its namespace, as batch results and the query protocol show it.
  var shortCode: String {
    if let queryCode { return String(queryCode.prefix { $0 != ";" }) }
    return type.split(separator: "#").last.map(String.init) ?? type
  }
}
