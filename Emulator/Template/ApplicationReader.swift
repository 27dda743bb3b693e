import JSON

extension Application {
  /// Reads a SAM or CloudFormation template in JSON.
  ///
  /// - Parameters:
  ///   - bytes: The template.
  ///   - file: Its name, for messages.
  ///   - parameters: Values for its parameters; the others take their defaults.
  ///   - environment: Account, region, and the addresses its APIs are reached at.
  /// - Throws: `TemplateError`.
  package init(
    template bytes: [UInt8], file: String, parameters: [String: String] = [:],
    environment: TemplateEnvironment = TemplateEnvironment()
  ) throws {
    let scope = try Scope(
      reading: bytes, file: file, values: parameters, environment: environment)
    var reader = ApplicationReader(
      scope: scope, resources: try scope.resources.filter { try scope.exists($0) })
    try reader.read()
    self = reader.application
  }
}

/// Turns the resources of a template into plain values, one type after the other.
struct ApplicationReader {
  let scope: Scope
  var application = Application()
  /// The resources whose condition holds.
  let resources: [Resource]
  private let globals: Located?
  /// Routes of SAM events by the logical id of their API.
  var eventRoutes: [String: [EventRoute]] = [:]
  /// Rules and mappings, which lead to functions.
  var sourceResources: [Resource] = []

  init(scope: Scope, resources: [Resource]) {
    self.scope = scope
    self.resources = resources
    globals = Located(scope.document.root)["Globals"]
  }

  /// A route that a function's event asks for.
  struct EventRoute {
    let key: String
    let function: String
    let event: Property
  }

  mutating func read() throws {
    for resource in resources { try readResource(resource) }
    try readHTTPAPIs()
    try readWebSocketAPIs()
    try readSources()
    try refuseSameNames()
  }

  private mutating func readResource(_ resource: Resource) throws {
    if try readService(resource) { return }
    switch resource.type {
    case "AWS::Serverless::Function", "AWS::Lambda::Function": try readFunction(resource)
    case "AWS::DynamoDB::Table": try readTable(resource)
    case "AWS::Serverless::SimpleTable": try readSimpleTable(resource)
    case "AWS::S3::Bucket": try readBucket(resource)
    case "AWS::SecretsManager::Secret": try readSecret(resource)
    case let type where ApplicationReader.readLater.contains(type): break
    case let type where ApplicationReader.isHarmless(type): break
    default:
      warn("\(resource.type) is not played here", at: resource.body, in: resource.logicalID)
    }
  }

  /// Read together with the API they belong to.
  private static let readLater: Set<String> = [
    "AWS::Serverless::HttpApi", "AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Integration", "AWS::ApiGatewayV2::Stage",
    "AWS::ApiGatewayV2::Deployment", "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::RouteResponse", "AWS::ApiGatewayV2::IntegrationResponse",
  ]

  /// Whether a type only grants, watches or describes: what a desk does not need.
  private static func isHarmless(_ type: String) -> Bool {
    let prefixes = [
      "AWS::IAM::", "AWS::Logs::", "AWS::CloudWatch::", "AWS::ApplicationInsights::",
      "AWS::ResourceGroups::", "AWS::Budgets::",
    ]
    let types: Set<String> = [
      "AWS::Lambda::Permission", "AWS::Lambda::Version", "AWS::Lambda::Alias",
      "AWS::S3::BucketPolicy", "AWS::SecretsManager::ResourcePolicy",
      "AWS::SQS::QueuePolicy", "AWS::Events::EventBusPolicy",
      "AWS::ApiGatewayV2::DomainName", "AWS::ApiGatewayV2::ApiMapping",
      "AWS::CloudFormation::WaitConditionHandle", "AWS::ApiGateway::Account",
    ]
    return types.contains(type) || prefixes.contains { type.hasPrefix($0) }
  }

  // MARK: What the readers share

  /// The properties of a resource, laid over `Globals.SECTION`.
  func properties(of resource: Resource, over section: String? = nil) -> Property {
    let base = section.flatMap { globals?[$0] }
    return Property(
      resource.properties.laid(over: base), of: resource.logicalID, in: scope)
  }

  mutating func warn(_ text: String, at value: Located, in logicalID: String) {
    let place = "\(scope.file):\(scope.document.position(of: value.offset).place)"
    application.warnings.append(TemplateWarning(place: place, logicalID: logicalID, text: text))
  }

  /// Says of each property that nothing here looks at it.
  mutating func warnOfOthers(
    in property: Property, known: Set<String>, harmless: Set<String> = []
  ) {
    for member in property.value.members ?? []
    where !known.contains(member.key) && !harmless.contains(member.key) {
      warn(
        "\(property.place.member(member.key).path) has no effect here", at: member.value,
        in: property.place.logicalID ?? "")
    }
  }

  /// The name of the function that an ARN, an integration URI or a name means.
  func functionName(in text: String, _ property: Property) throws -> String {
    var name = text
    if let start = text.firstRange(of: ":function:") {
      name = String(text[start.upperBound...].prefix { $0 != ":" && $0 != "/" })
    }
    guard application.functions.contains(where: { $0.name == name }) else {
      throw property.error("\"\(text)\" leads to no function of this template")
    }
    return name
  }

  private func refuseSameNames() throws {
    func check(_ kind: String, _ names: [(name: String, id: String)]) throws {
      var seen: [String: String] = [:]
      for (name, id) in names {
        guard let other = seen.updateValue(id, forKey: name) else { continue }
        throw scope.error(
          "the \(kind) \"\(name)\" is also made by \(other)", at: scope.resource(id)?.body.offset,
          in: id)
      }
    }
    try check("function", application.functions.map { ($0.name, $0.logicalID) })
    try check("table", application.tables.map { ($0.name, $0.logicalID) })
    try check("bucket", application.buckets.map { ($0.name, $0.logicalID) })
    try check("secret", application.secrets.map { ($0.name, $0.logicalID) })
    try check("parameter", application.parameters.map { ($0.name, $0.logicalID) })
    try check("queue", application.queues.map { ($0.name, $0.logicalID) })
    try check("log group", application.logGroups.map { ($0.name, $0.logicalID) })
  }
}

extension JSONPosition {
  /// `12:5`.
  var place: String { "\(line):\(column)" }
}
