import Compression
import Crypto
import JSON
package import Server
import Synchronization

extension DynamoDB {
  private static let prefix = "DynamoDB_20120810."
  private static let streamsPrefix = "DynamoDBStreams_20120810."
  static let bodyLimit = 16 << 20

  /// Whether a request is for this service by its target header.
  package static func matches(target: String) -> Bool {
    target.hasPrefix("DynamoDB_") || target.hasPrefix("DynamoDBStreams_")
  }

  /// Answers a request of the wire protocol (`POST /`, JSON 1.0, the operation in `X-Amz-Target`).
  package func answer(_ request: HTTPRequest) async -> HTTPResponse {
    guard request.method == "POST" else { return Self.other(request) }
    let body: [UInt8]
    if let bytes = request.body.bytes {
      body = bytes
    } else {
      do {
        body = try await request.body.collect(upTo: Self.bodyLimit)
      } catch {
        return HTTPResponse(status: 413)
      }
    }
    guard let type = Self.contentType(request, isEmpty: body.isEmpty) else { return Self.unknown }
    let form = AnswerForm(encoding: AnswerEncoding(accepted: request.headers), type: type)
    do throws(DynamoDBError) {
      let document = try Self.document(try Self.decoded(body, request.headers["Content-Encoding"]))
      let operation = try Self.operation(request)
      guard let document else { throw DynamoDBError(.serialization, "") }
      return Self.response(200, try await perform(operation, document), form)
    } catch {
      return Self.response(error.status, error.encoded, form)
    }
  }

  /// How an answer is sent.
  private struct AnswerForm {
    var encoding = AnswerEncoding.identity
    var type = DynamoDB.json
  }

  private static let json = "application/x-amz-json-1.0"

  /// The type of the answer, which is that of the request; nil when the service knows no such type.
  private static func contentType(_ request: HTTPRequest, isEmpty: Bool) -> String? {
    let header = request.headers["Content-Type"] ?? ""
    if header == json { return json }
    let end = header.firstIndex(of: ";") ?? header.endIndex
    let type = header[..<end].filter { !$0.isWhitespace }.lowercased()
    if type == json { return json }
    return type == "application/json" || isEmpty ? "application/json" : nil
  }

  /// What every body must be before anything else is looked at; nil for none.
  static func document(_ body: [UInt8]) throws(DynamoDBError) -> JSONDocument? {
    if body.isEmpty { return nil }
    do throws(JSONError) {
      return try JSONDocument(body, limits: OperationRequest.limits)
    } catch {
      throw DynamoDBError(.serialization, "")
    }
  }

  /// A body without its compression; SDKs that are told to compress requests use gzip.
  private static func decoded(
    _ body: [UInt8], _ encoding: String?
  ) throws(DynamoDBError) -> [UInt8] {
    guard let encoding else { return body }
    do throws(Inflate.Failure) {
      switch encoding.lowercased() {
      case "gzip", "x-gzip": return try Inflate.gzip(body, limit: bodyLimit)
      case "deflate": return try Inflate.zlib(body, limit: bodyLimit)
      default: return body
      }
    } catch {
      throw .serialization("")
    }
  }

  /// The operation that the target names, of a request that carries a signature of some kind.
  private static func operation(_ request: HTTPRequest) throws(DynamoDBError) -> String {
    let target = request.headers["X-Amz-Target"] ?? ""
    let operation: Substring
    if target.hasPrefix(prefix) {
      operation = target.dropFirst(prefix.count)
    } else if target.hasPrefix(streamsPrefix) {
      operation = target.dropFirst(streamsPrefix.count)
    } else {
      throw DynamoDBError(.unknownOperation, "")
    }
    let name = String(operation)
    guard ServiceModel.shared.operations[name] != nil,
      target.hasPrefix(streamsPrefix) == streamOperations.contains(name)
    else { throw UnplayedOperations.error(for: name) }
    try checkSignature(request)
    return name
  }

  /// A request must be signed; by whom, and whether rightly, is not looked at.
  private static func checkSignature(_ request: HTTPRequest) throws(DynamoDBError) {
    guard let header = request.headers["Authorization"] else {
      if request.query?.contains("X-Amz-Signature=") ?? false { return }
      throw DynamoDBError(.missingAuthentication, "Request is missing Authentication Token")
    }
    guard header.hasPrefix("AWS4-") else {
      throw DynamoDBError(.missingAuthentication, "Request is missing Authentication Token")
    }
    let parameters: [StaticString] = ["Credential", "Signature", "SignedHeaders"]
    var missing = parameters.filter { !SignatureScope.contains($0, in: header) }
      .map { "Authorization header requires '\($0)' parameter. " }
    if !request.headers.contains("X-Amz-Date"), !request.headers.contains("Date") {
      missing.append(
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
    }
    guard missing.isEmpty else {
      throw DynamoDBError(
        .incompleteSignature, missing.joined() + "Authorization=\(header)")
    }
  }

  private static let streamOperations: Set<String> = [
    "DescribeStream", "GetRecords", "GetShardIterator", "ListStreams",
  ]

  private static func response(
    _ status: Int, _ body: [UInt8], _ form: AnswerForm
  ) -> HTTPResponse {
    let (body, name) = form.encoding.encode(body)
    var headers = Self.headers(of: body)
    headers.append("Content-Type", form.type)
    if let name { headers.append("Content-Encoding", name) }
    return HTTPResponse(status: status, headers: headers, body: .bytes(body))
  }

  private static func headers(of body: [UInt8]) -> HTTPHeaders {
    var headers = HTTPHeaders()
    headers.append("Server", "Server")
    headers.append("x-amzn-RequestId", RequestNumbers.next())
    headers.append("x-amz-crc32", String(CRC32.checksum(body)))
    return headers
  }

  /// Whatever is no request of the protocol: `GET` asks whether the service is well.
  private static func other(_ request: HTTPRequest) -> HTTPResponse {
    guard request.method == "GET" || request.method == "HEAD" else { return unknown }
    let body = Array("healthy: dynamodb.\(TableName.region).amazonaws.com ".utf8)
    return HTTPResponse(status: 200, headers: headers(of: body), body: .bytes(body))
  }

  /// The answer to other methods and types of content.
  private static var unknown: HTTPResponse {
    let body = Array("<UnknownOperationException/>\n".utf8)
    return HTTPResponse(status: 404, headers: headers(of: body), body: .bytes(body))
  }
}

/// Names of requests: 52 letters and digits, different for each request of a run. They protect
/// nothing, so they come from a counter, well mixed, and not from the kernel.
private enum RequestNumbers {
  private static let state = Atomic(
    Random.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  private static let alphabet: StaticString = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
  private static let length = 52

  static func next() -> String {
    // SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators").
    let step: UInt64 = 0x9e37_79b9_7f4a_7c15
    var seed = state.wrappingAdd(step &* 8, ordering: .relaxed).oldValue
    var word: UInt64 = 0
    return String(unsafeUninitializedCapacity: length) { text in
      for place in 0..<length {
        if place % 8 == 0 {
          seed &+= step
          word = seed
          word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
          word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
          word ^= word >> 31
        }
        text[place] = alphabet.utf8Start[Int(((word & 0xFF) * 36) >> 8)]
        word >>= 8
      }
      return length
    }
  }
}
