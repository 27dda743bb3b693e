import Crypto
import JSON
package import Server

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
    guard request.method == "POST" else { return Self.health(request) }
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
    do throws(DynamoDBError) {
      let operation = try Self.operation(request)
      return Self.response(200, try await perform(operation, body))
    } catch {
      return Self.response(error.status, error.encoded)
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
    else { throw DynamoDBError(.unknownOperation, "") }
    return name
  }

  private static let streamOperations: Set<String> = [
    "DescribeStream", "GetRecords", "GetShardIterator", "ListStreams",
  ]

  private static func response(_ status: Int, _ body: [UInt8]) -> HTTPResponse {
    var headers = HTTPHeaders()
    headers.append("x-amzn-RequestId", RequestID.dynamoDB())
    headers.append("x-amz-crc32", String(CRC32.checksum(body)))
    headers.append("Content-Type", "application/x-amz-json-1.0")
    return HTTPResponse(status: status, headers: headers, body: .bytes(body))
  }

  private static func health(_ request: HTTPRequest) -> HTTPResponse {
    guard request.method == "GET" || request.method == "HEAD" else {
      return response(400, DynamoDBError(.unknownOperation, "").encoded)
    }
    return HTTPResponse(
      status: 200, text: "healthy: dynamodb.\(TableName.region).amazonaws.com ")
  }
}
