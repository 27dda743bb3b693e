import Crypto
import Server

/// The AWS query protocol: parameters in a form (or the query), the operation in `Action`, XML back.
///
/// Source: smithy.io, "AWS query protocol".
struct QueryProtocol: Sendable {
  typealias Operation =
    @Sendable (_ action: String, _ input: QueryParameters) async throws -> [UInt8]

  /// The namespace of its XML.
  let namespace: String
  let version: String

  private static let bodyLimit = 4 << 20

  func answer(_ request: HTTPRequest, _ operation: Operation) async -> HTTPResponse {
    do {
      let parameters = try await Self.parameters(of: request)
      guard let action = parameters["Action"] else {
        throw JSONServiceError("MissingAction", "Missing Action")
      }
      if let version = parameters["Version"], version != self.version {
        throw JSONServiceError(
          "InvalidAction", "Could not find operation \(action) for version \(version)")
      }
      let result = try await operation(action, parameters)
      let body = XMLWriter.document("\(action)Response", namespace: namespace) { writer in
        if !result.isEmpty { writer.raw(String(decoding: result, as: UTF8.self)) }
        writer.element("ResponseMetadata") { $0.element("RequestId", RequestID.uuid()) }
      }
      return Self.response(200, body)
    } catch let error as JSONServiceError {
      return failure(error)
    } catch {
      return failure(JSONServiceError("InternalFailure", "\(error)", status: 500))
    }
  }

  static func isForm(_ request: HTTPRequest) -> Bool {
    request.headers["Content-Type"]?.lowercased().hasPrefix("application/x-www-form-urlencoded")
      ?? false
  }

  private static func parameters(of request: HTTPRequest) async throws -> QueryParameters {
    var parameters = QueryParameters()
    parameters.add(form: request.query ?? "")
    do {
      let bytes = try await request.body.collect(upTo: bodyLimit)
      parameters.add(form: String(decoding: bytes, as: UTF8.self))
    } catch ServerError.bodyTooLong {
      throw JSONServiceError("RequestEntityTooLarge", "The request is too large.", status: 413)
    }
    return parameters
  }

  private func failure(_ error: JSONServiceError) -> HTTPResponse {
    let body = XMLWriter.document("ErrorResponse", namespace: namespace) { writer in
      writer.element("Error") { writer in
        writer.element("Type", error.status < 500 ? "Sender" : "Receiver")
        writer.element("Code", error.shortCode)
        writer.element("Message", error.message)
        writer.raw("<Detail/>")
      }
      writer.element("RequestId", RequestID.uuid())
    }
    return Self.response(error.status, body)
  }

  private static func response(_ status: Int, _ body: [UInt8]) -> HTTPResponse {
    var headers = HTTPHeaders()
    headers.append("x-amzn-RequestId", RequestID.uuid())
    headers.append("Content-Type", "text/xml")
    return HTTPResponse(status: status, headers: headers, body: .bytes(body))
  }
}

/// The parameters of a query request, the first of each name.
struct QueryParameters: Sendable {
  private(set) var values: [String: String] = [:]

  subscript(name: String) -> String? { values[name] }

  fileprivate mutating func add(form: String) {
    for pair in form.utf8.split(separator: UInt8(ascii: "&")) {
      let parts = pair.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      let name = Self.decoded(parts[0])
      if values[name] == nil { values[name] = parts.count == 2 ? Self.decoded(parts[1]) : "" }
    }
  }

  private static func decoded(_ part: Substring.UTF8View.SubSequence) -> String {
    let bytes = part.map { $0 == UInt8(ascii: "+") ? 0x20 : $0 }
    return String(decoding: PercentEncoding.decode(bytes), as: UTF8.self)
  }
}
