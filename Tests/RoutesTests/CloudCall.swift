import JSON
import Server

@testable import Routes

/// An action that a request needs the permission for, as policies write it.
struct CloudCall: Hashable, CustomStringConvertible {
  /// `dynamodb:PutItem`.
  let action: String
  /// An ARN of the emulator's account.
  let resource: String

  var description: String { "\(action) on \(resource)" }

  /// What a request does (Service Authorization Reference: "Actions defined by …").
  static func calls(in request: HTTPRequest, _ bytes: [UInt8]) -> [CloudCall] {
    if let target = request.headers["X-Amz-Target"] {
      let body = (try? JSONValue(parsing: bytes)) ?? .null
      let parts = target.split(separator: ".")
      let (service, operation) = (String(parts.first ?? ""), String(parts.last ?? ""))
      if service.hasPrefix("DynamoDB") { return table(operation, body) }
      return [other(service, operation, body)]
    }
    let path = request.path.percentDecoded ?? request.path
    if path.contains("/@connections/") {
      let stage = path.split(separator: "/").first.map { $0 == "@connections" ? "prod" : $0 } ?? ""
      let id = path.split(separator: "/").last ?? ""
      return [
        CloudCall(
          action: "execute-api:ManageConnections",
          resource: "arn:aws:execute-api:us-east-1:000000000000:martletws1/\(stage)/"
            + "\(request.method)/@connections/\(id)")
      ]
    }
    if path.hasSuffix("/invocations") {
      let name = path.split(separator: "/").dropLast().last ?? ""
      return [
        CloudCall(
          action: "lambda:InvokeFunction",
          resource: "arn:aws:lambda:us-east-1:000000000000:function:\(name)")
      ]
    }
    if path.hasPrefix("/model/") {
      let parts = path.split(separator: "/")
      let isStreamed = parts.last?.contains("stream") == true
      return [
        CloudCall(
          action: isStreamed ? "bedrock:InvokeModelWithResponseStream" : "bedrock:InvokeModel",
          resource: "arn:aws:bedrock:us-east-1::foundation-model/\(parts.dropFirst().first ?? "")")
      ]
    }
    if path.split(separator: "/").count == 1 {
      return [
        CloudCall(
          action: "s3:ListBucket",
          resource: "arn:aws:s3:::" + (path.split(separator: "/").first ?? ""))
      ]
    }
    let actions = [
      "GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "DELETE": "DeleteObject",
    ]
    return [
      CloudCall(
        action: "s3:" + (actions[request.method] ?? request.method),
        resource: "arn:aws:s3:::" + path.dropFirst())
    ]
  }

  private static func table(_ operation: String, _ body: JSONValue) -> [CloudCall] {
    func call(_ operation: String, _ table: String?, index: String? = nil) -> CloudCall {
      CloudCall(
        action: "dynamodb:" + operation,
        resource: "arn:aws:dynamodb:us-east-1:000000000000:table/\(table ?? "?")"
          + (index.map { "/index/\($0)" } ?? ""))
    }
    switch operation {
    case "BatchWriteItem", "BatchGetItem":
      return body["RequestItems"]?.object?.map { call(operation, $0.key) } ?? []
    case "TransactWriteItems", "TransactGetItems":
      // Each part needs the permission of its own operation.
      return (body["TransactItems"]?.array ?? []).flatMap { part in
        part.object?.map { kind, value in
          call(
            kind == "ConditionCheck" ? "ConditionCheckItem" : "\(kind)Item",
            value["TableName"]?.string)
        } ?? []
      }
    default:
      return [call(operation, body["TableName"]?.string, index: body["IndexName"]?.string)]
    }
  }

  private static func other(
    _ service: String, _ operation: String, _ body: JSONValue
  ) -> CloudCall {
    let prefixes = [
      "AmazonSSM": "ssm", "TrentService": "kms", "AmazonSQS": "sqs", "AWSEvents": "events",
      "Logs_20140328": "logs", "AWSLambda": "lambda",
    ]
    var resource = "*"
    if service == "secretsmanager", let name = body["SecretId"]?.string {
      resource =
        name.hasPrefix("arn:")
        ? name : "arn:aws:secretsmanager:us-east-1:000000000000:secret:\(name)-martlt"
    }
    return CloudCall(action: "\(prefixes[service] ?? service):\(operation)", resource: resource)
  }
}
