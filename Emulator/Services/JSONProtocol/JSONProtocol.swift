import Crypto
import JSON
import Server

/// The AWS JSON 1.1 protocol: `POST /`, the operation in `X-Amz-Target`, a JSON object both ways.
struct JSONProtocol: Sendable {
  typealias Operation = @Sendable (_ name: String, _ input: JSONMembers) async throws -> JSONValue

  /// What stands before the operation in the target, such as `secretsmanager.`.
  let targetPrefix: String

  /// More than any operation of these services takes; `CreateSecret` with 64 KiB is the largest.
  private static let bodyLimit = 1 << 20

  func answer(_ request: HTTPRequest, _ operation: Operation) async -> HTTPResponse {
    do {
      let input = try await JSONMembers(Self.object(of: request))
      guard request.method == "POST", let target = request.headers["X-Amz-Target"],
        target.hasPrefix(targetPrefix)
      else { throw JSONServiceError("UnknownOperationException", "") }
      return Self.response(
        200, try await operation(String(target.dropFirst(targetPrefix.count)), input))
    } catch let error as JSONServiceError {
      return Self.response(
        error.status, ["__type": .string(error.type), "message": .string(error.message)],
        type: error.type)
    } catch {
      return Self.response(
        500, ["__type": "InternalServiceError", "message": "\(error)"],
        type: "InternalServiceError")
    }
  }

  private static func object(of request: HTTPRequest) async throws -> JSONObject {
    let bytes: [UInt8]
    do {
      bytes = try await request.body.collect(upTo: bodyLimit)
    } catch ServerError.bodyTooLong {
      throw JSONServiceError("RequestTooLargeException", "The request is too large.", status: 413)
    }
    guard !bytes.isEmpty else { return [:] }
    guard let object = try? JSONValue(parsing: bytes).object else {
      throw JSONServiceError.serialization
    }
    return object
  }

  private static func response(
    _ status: Int, _ body: JSONValue, type: String? = nil
  ) -> HTTPResponse {
    var headers = HTTPHeaders()
    headers.append("x-amzn-RequestId", RequestID.uuid())
    headers.append("Content-Type", "application/x-amz-json-1.1")
    if let type { headers.append("x-amzn-ErrorType", type) }
    return HTTPResponse(status: status, headers: headers, body: .bytes(body.encoded()))
  }
}

/// The members of a request, read by type: a wrong JSON type is a `SerializationException`, an absent
/// or null member is nil.
struct JSONMembers {
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
