import Crypto
import JSON
import Server

/// The AWS JSON protocols 1.0 and 1.1: `POST /`, the operation in `X-Amz-Target`, a JSON object both
/// ways.
struct JSONProtocol: Sendable {
  typealias Operation = @Sendable (_ name: String, _ input: JSONMembers) async throws -> JSONValue

  /// What stands before the operation in the target, such as `secretsmanager.`.
  let targetPrefix: String
  /// As people call the service, for messages.
  let service: String
  let version: String
  /// What each operation takes; operations that are not in it are refused by name.
  let model: RequestModel
  /// Bytes; more than any operation of the service takes.
  let bodyLimit: Int
  /// SQS reports wrong members in words of its own.
  let checksConstraints: Bool
  /// How the service says what the check of its model found.
  let reword: @Sendable (JSONServiceError) -> JSONServiceError

  init(
    targetPrefix: String, service: String, model: RequestModel, version: String = "1.1",
    bodyLimit: Int = 1 << 20, checksConstraints: Bool = true,
    reword: @escaping @Sendable (JSONServiceError) -> JSONServiceError = { $0 }
  ) {
    self.targetPrefix = targetPrefix
    self.service = service
    self.model = model
    self.version = version
    self.bodyLimit = bodyLimit
    self.checksConstraints = checksConstraints
    self.reword = reword
  }

  func answer(_ request: HTTPRequest, _ operation: Operation) async -> HTTPResponse {
    do {
      let (name, input) = try await read(request)
      return response(200, try await operation(name, input))
    } catch let error as JSONServiceError {
      return failure(error)
    } catch {
      return failure(JSONServiceError("InternalServiceError", "\(error)", status: 500))
    }
  }

  /// The operation and its input, checked.
  func read(_ request: HTTPRequest) async throws -> (operation: String, input: JSONMembers) {
    let input = try await object(of: request)
    guard request.method == "POST", let target = request.headers["X-Amz-Target"],
      target.hasPrefix(targetPrefix)
    else { throw JSONServiceError.unknownOperation }
    let name = String(target.dropFirst(targetPrefix.count))
    guard let shape = model.operations[name] else {
      throw model.refused.contains(name)
        ? JSONServiceError.unsupported(name, of: service) : .unknownOperation
    }
    if checksConstraints {
      try check(input, shape)
    } else {
      try RequestCheck.checkTypes(input, shape)
    }
    return (name, JSONMembers(input))
  }

  private func check(
    _ input: JSONObject, _ shape: RequestStructure
  ) throws(JSONServiceError) {
    do throws(JSONServiceError) {
      try RequestCheck.check(input, shape)
    } catch {
      throw error.type == "ValidationException" ? reword(error) : error
    }
  }

  func failure(_ error: JSONServiceError) -> HTTPResponse {
    var body: JSONValue = ["__type": .string(error.type)]
    // Some errors have no text at all.
    if !error.message.isEmpty {
      body[model.capitalized.contains(error.type) ? "Message" : "message"] = .string(error.message)
    }
    for (name, value) in error.members { body[name] = value }
    var failure = response(error.status, body, type: error.type)
    if let code = error.queryCode { failure.headers.append("x-amzn-query-error", code) }
    return failure
  }

  private func object(of request: HTTPRequest) async throws -> JSONObject {
    let bytes: [UInt8]
    do {
      bytes = try await request.body.collect(upTo: bodyLimit)
    } catch ServerError.bodyTooLong {
      throw JSONServiceError("RequestTooLargeException", "The request is too large.", status: 413)
    }
    guard !bytes.isEmpty else { return [:] }
    guard let object = try? JSONValue(parsing: bytes, limits: limits).object else {
      throw JSONServiceError.serialization
    }
    return object
  }

  private var limits: JSONLimits {
    JSONLimits(bytes: bodyLimit, loneSurrogates: .replaced)
  }

  private func response(
    _ status: Int, _ body: JSONValue, type: String? = nil
  ) -> HTTPResponse {
    var headers = HTTPHeaders()
    headers.append("x-amzn-RequestId", RequestID.uuid())
    headers.append("Content-Type", "application/x-amz-json-\(version)")
    if let type { headers.append("x-amzn-ErrorType", type) }
    return HTTPResponse(status: status, headers: headers, body: .bytes(body.encoded()))
  }
}

/// The members of a request, read by type: a wrong JSON type is a `SerializationException`, an absent
/// or null member is nil.
struct JSONMembers: Sendable {
  private let object: JSONObject

  init(_ object: JSONObject) { self.object = object }

  func string(_ name: String) throws(JSONServiceError) -> String? {
    guard let value = present(name) else { return nil }
    guard let text = value.string else { throw .serialization }
    return text
  }

  /// A text that has to be there, `range` characters long.
  func string(
    _ name: String, required range: ClosedRange<Int>
  ) throws(JSONServiceError) -> String {
    guard let text = try string(name) else { throw Self.missing(name) }
    guard range.contains(text.unicodeScalars.count) else {
      let bound = text.unicodeScalars.count < range.lowerBound ? range.lowerBound : range.upperBound
      let side = bound == range.lowerBound ? "greater" : "less"
      throw Self.violation(
        name, shown: text,
        "Member must have length \(side) than or equal to \(bound)")
    }
    return text
  }

  func bool(_ name: String) throws(JSONServiceError) -> Bool? {
    guard let value = present(name) else { return nil }
    guard let flag = value.bool else { throw .serialization }
    return flag
  }

  func int(
    _ name: String, in range: ClosedRange<Int>
  ) throws(JSONServiceError) -> Int? {
    guard let value = present(name) else { return nil }
    guard let number = value.int else { throw .serialization }
    guard range.contains(number) else {
      let bound = number < range.lowerBound ? range.lowerBound : range.upperBound
      let side = number < range.lowerBound ? "greater" : "less"
      throw Self.violation(
        name, shown: String(number), "Member must have value \(side) than or equal to \(bound)")
    }
    return number
  }

  func strings(_ name: String) throws(JSONServiceError) -> [String]? {
    guard let elements = try array(name) else { return nil }
    var texts: [String] = []
    for element in elements {
      guard let text = element.string else { throw .serialization }
      texts.append(text)
    }
    return texts
  }

  func objects(_ name: String) throws(JSONServiceError) -> [JSONMembers]? {
    guard let elements = try array(name) else { return nil }
    var objects: [JSONMembers] = []
    for element in elements {
      guard let object = element.object else { throw .serialization }
      objects.append(JSONMembers(object))
    }
    return objects
  }

  /// Bytes in base64, as the protocol sends blobs.
  func blob(_ name: String) throws(JSONServiceError) -> [UInt8]? {
    guard let text = try string(name) else { return nil }
    guard let bytes = Base64.standard.decode(text) else { throw .serialization }
    return bytes
  }

  /// A whole number, cut to one where a fraction was given; ranges are the model's.
  func int(_ name: String) throws(JSONServiceError) -> Int? {
    guard let value = present(name) else { return nil }
    guard value.double != nil else { throw .serialization }
    return RequestCheck.wholeNumber(value)
  }

  func double(_ name: String) throws(JSONServiceError) -> Double? {
    guard let value = present(name) else { return nil }
    guard let number = value.double else { throw .serialization }
    return number
  }

  /// A text that has to be there.
  func required(_ name: String) throws(JSONServiceError) -> String {
    guard let text = try string(name) else { throw Self.missing(name) }
    return text
  }

  func object(_ name: String) throws(JSONServiceError) -> JSONMembers? {
    guard let value = present(name) else { return nil }
    guard let object = value.object else { throw .serialization }
    return JSONMembers(object)
  }

  /// The names and texts of a map, in the order of the request.
  func texts(_ name: String) throws(JSONServiceError) -> [(key: String, value: String)]? {
    guard let value = present(name) else { return nil }
    guard let members = value.object else { throw .serialization }
    var texts: [(key: String, value: String)] = []
    for (key, value) in members {
      guard let text = value.string else { throw .serialization }
      texts.append((key, text))
    }
    return texts
  }

  /// A member as it came; nil when it is absent or null.
  subscript(name: String) -> JSONValue? { present(name) }

  var value: JSONValue { .object(object) }

  private func array(_ name: String) throws(JSONServiceError) -> [JSONValue]? {
    guard let value = present(name) else { return nil }
    guard let elements = value.array else { throw .serialization }
    return elements
  }

  private func present(_ name: String) -> JSONValue? {
    object[name].flatMap { $0.isNull ? nil : $0 }
  }

  private static func missing(_ name: String) -> JSONServiceError {
    violation(name, shown: nil, "Member must not be null")
  }

  private static func violation(
    _ name: String, shown: String?, _ constraint: String
  ) -> JSONServiceError {
    let member = name.prefix(1).lowercased() + name.dropFirst()
    let value = shown.map { "'\($0)'" } ?? "null"
    return .validation(
      "1 validation error detected: Value \(value) at '\(member)' failed to satisfy constraint: "
        + constraint)
  }
}
