package import Crypto

/// A service of the cloud that functions use.
package enum CloudService: Sendable, CaseIterable {
  case dynamoDB
  case s3
  case secretsManager
  case lambda
  /// Models; signed by the name `bedrock`.
  case bedrockRuntime
  /// API Gateway's management API: posts to open connections.
  case connections

  /// What stands in hosts and, but for two, in signatures.
  package var name: String {
    switch self {
    case .dynamoDB: "dynamodb"
    case .s3: "s3"
    case .secretsManager: "secretsmanager"
    case .lambda: "lambda"
    case .bedrockRuntime: "bedrock-runtime"
    case .connections: "execute-api"
    }
  }

  /// What requests are signed for.
  var signingName: String { self == .bedrockRuntime ? "bedrock" : name }

  /// The end of its `AWS_ENDPOINT_URL_…` variable: the SDKs' service id in upper case.
  var variable: String {
    switch self {
    case .dynamoDB: "DYNAMODB"
    case .s3: "S3"
    case .secretsManager: "SECRETS_MANAGER"
    case .lambda: "LAMBDA"
    case .bedrockRuntime: "BEDROCK_RUNTIME"
    case .connections: "APIGATEWAYMANAGEMENTAPI"
    }
  }
}

/// Where the cloud is and who asks, read from an environment as AWS's SDKs read it.
///
/// Source: AWS SDKs and Tools reference guide, "Service-specific endpoints".
package struct CloudSettings: Sendable {
  package let region: String
  /// Nil when there are none; then every call fails with ``CloudError/noCredentials``.
  package let credentials: AWSCredentials?
  /// Base URLs without a slash at the end.
  private let endpoints: [CloudService: String]

  package init(environment: [String: String]) {
    func value(_ name: String) -> String? {
      environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
    region = value("AWS_REGION") ?? value("AWS_DEFAULT_REGION") ?? "us-east-1"
    if let id = value("AWS_ACCESS_KEY_ID"), let secret = value("AWS_SECRET_ACCESS_KEY") {
      credentials = AWSCredentials(
        accessKeyID: id, secretAccessKey: secret, sessionToken: value("AWS_SESSION_TOKEN"))
    } else {
      credentials = nil
    }
    var endpoints: [CloudService: String] = [:]
    if value("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")?.lowercased() != "true" {
      for service in CloudService.allCases {
        guard var url = value("AWS_ENDPOINT_URL_" + service.variable) ?? value("AWS_ENDPOINT_URL")
        else { continue }
        while url.hasSuffix("/") { url.removeLast() }
        endpoints[service] = url
      }
    }
    self.endpoints = endpoints
  }

  /// The base URL that the environment sets for a service; nil: the real one is meant.
  package func configuredEndpoint(of service: CloudService) -> String? { endpoints[service] }

  /// The base URL of a service in this region.
  package func endpoint(of service: CloudService) -> String {
    endpoints[service] ?? "https://\(service.name).\(region).\(domain)"
  }

  var domain: String { region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com" }
}
