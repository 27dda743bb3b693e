import JSON

extension Scope {
  /// What `Ref` gives; nil for `AWS::NoValue`.
  func reference(_ argument: Located, _ place: Place) throws -> Located? {
    guard let name = argument.text else {
      throw error("\"Ref\" takes a logical id", argument, place)
    }
    func string(_ text: String) -> Located { Located(.string(text), at: argument.offset) }
    if let value = parameters[name] { return Located(value.content, at: argument.offset) }
    switch name {
    case "AWS::NoValue": return nil
    case "AWS::Region": return string(environment.region)
    case "AWS::AccountId": return string(environment.accountID)
    case "AWS::StackName": return string(environment.stackName)
    case "AWS::StackId":
      return string(environment.arn("cloudformation", "stack/\(environment.stackName)/local"))
    case "AWS::Partition": return string("aws")
    case "AWS::URLSuffix": return string("amazonaws.com")
    case "AWS::NotificationARNs": return Located(.array([]), at: argument.offset)
    default: break
    }
    if let resource = resourceByID[name] {
      let physical = try physicalName(of: resource, place)
      if resource.type == "AWS::SecretsManager::Secret" {
        return string(environment.secretARN(physical))
      }
      if resource.type == "AWS::SQS::Queue" { return string(environment.queueURL(physical)) }
      return string(physical)
    }
    if let id = apiIDs[name] { return string(id) }
    if name.hasSuffix(".Alias"), let resource = resourceByID[String(name.dropLast(6))],
      let alias = try alias(of: resource, place)
    {
      return string(alias)
    }
    if generatedRole(name) != nil { return string(name) }
    throw error("\"\(name)\" is no parameter and no resource of this template", argument, place)
  }

  /// What `Fn::GetAtt` gives: `["Table", "Arn"]` or `"Table.Arn"`.
  func attribute(_ argument: Located, _ place: Place) throws -> String {
    if let text = argument.text, let dot = text.firstIndex(of: ".") {
      return try attribute(
        of: String(text[..<dot]), String(text[text.index(after: dot)...]), argument, place)
    }
    let parts = try list(argument, exactly: 2, of: "Fn::GetAtt", place)
    guard let id = parts[0].text else {
      throw error("the first value of Fn::GetAtt is a logical id", argument, place)
    }
    return try attribute(of: id, try text(parts[1], place), argument, place)
  }

  func attribute(
    of id: String, _ name: String, _ value: Located, _ place: Place
  ) throws -> String {
    if let resource = resourceByID[id] {
      if let text = try attribute(name, of: resource, place) { return text }
      throw error("martlet knows no attribute \"\(name)\" of a \(resource.type)", value, place)
    }
    if id == Scope.implicitHTTPAPI, name == "ApiEndpoint" { return environment.httpEndpoint }
    if name == "Arn", let role = generatedRole(id) { return role }
    if name == "FunctionUrl", id.hasSuffix("Url"),
      let function = resourceByID[String(id.dropLast(3))]
    {
      return environment.httpEndpoint + "/_martlet/functions/"
        + (try physicalName(of: function, place)) + "/"
    }
    throw error("\"\(id)\" is no resource of this template", value, place)
  }

  /// SAM makes a role `FunctionRole` for each function without one.
  private func generatedRole(_ id: String) -> String? {
    guard id.hasSuffix("Role"), let function = resourceByID[String(id.dropLast(4))],
      function.type == "AWS::Serverless::Function"
    else { return nil }
    return "arn:aws:iam::\(environment.accountID):role/\(id)"
  }

  /// The alias that SAM makes of `AutoPublishAlias`; `Ref` and `${…}` of `Function.Alias` give its ARN.
  private func alias(of resource: Resource, _ place: Place) throws -> String? {
    let globals = Located(document.root)["Globals"]?["Function"]
    guard resource.type == "AWS::Serverless::Function",
      let value = resource.properties["AutoPublishAlias"] ?? globals?["AutoPublishAlias"]
    else { return nil }
    let name = try text(value, place)
    return environment.functionARN(try physicalName(of: resource, place)) + ":" + name
  }

  private func attribute(
    _ name: String, of resource: Resource, _ place: Place
  ) throws -> String? {
    let physical = try physicalName(of: resource, place)
    switch (resource.type, name) {
    case ("AWS::Serverless::Function", "Arn"), ("AWS::Lambda::Function", "Arn"):
      return environment.functionARN(physical)
    case ("AWS::Serverless::Function", "Alias"): return try alias(of: resource, place)
    case ("AWS::DynamoDB::Table", "Arn"), ("AWS::Serverless::SimpleTable", "Arn"):
      return environment.tableARN(physical)
    case ("AWS::DynamoDB::Table", "StreamArn"):
      return environment.tableARN(physical) + "/stream/2026-01-01T00:00:00.000"
    case ("AWS::S3::Bucket", "Arn"): return "arn:aws:s3:::\(physical)"
    case ("AWS::S3::Bucket", "DomainName"): return "\(physical).s3.amazonaws.com"
    case ("AWS::S3::Bucket", "RegionalDomainName"):
      return "\(physical).s3.\(environment.region).amazonaws.com"
    case ("AWS::SecretsManager::Secret", "Id"): return environment.secretARN(physical)
    case ("AWS::Serverless::HttpApi", "ApiEndpoint"): return environment.httpEndpoint
    case ("AWS::ApiGatewayV2::Api", "ApiEndpoint"):
      let isWebSocket = resource.properties["ProtocolType"]?.text == "WEBSOCKET"
      return isWebSocket ? environment.webSocketEndpoint : environment.httpEndpoint
    case ("AWS::ApiGatewayV2::Api", "ApiId"): return physical
    case ("AWS::IAM::Role", "Arn"): return "arn:aws:iam::\(environment.accountID):role/\(physical)"
    case ("AWS::Logs::LogGroup", "Arn"): return environment.arn("logs", "log-group:\(physical):*")
    case ("AWS::SQS::Queue", "Arn"): return environment.arn("sqs", physical)
    case ("AWS::SQS::Queue", "QueueName"): return physical
    case ("AWS::SQS::Queue", "QueueUrl"): return environment.queueURL(physical)
    case ("AWS::KMS::Key", "KeyId"): return physical
    case ("AWS::SSM::Parameter", "Type"), ("AWS::SSM::Parameter", "Value"):
      return try Property(resource.properties, of: resource.logicalID, in: self)
        .required(name).text()
    case ("AWS::Events::Rule", "Arn"): return environment.arn("events", "rule/\(physical)")
    case ("AWS::Events::EventBus", "Arn"):
      return environment.arn("events", "event-bus/\(physical)")
    case ("AWS::Events::EventBus", "Name"): return physical
    case ("AWS::KMS::Key", "Arn"): return environment.arn("kms", "key/\(physical)")
    default: return nil
    }
  }

  private static let nameProperties = [
    "AWS::Serverless::Function": "FunctionName", "AWS::Lambda::Function": "FunctionName",
    "AWS::DynamoDB::Table": "TableName", "AWS::Serverless::SimpleTable": "TableName",
    "AWS::S3::Bucket": "BucketName", "AWS::SecretsManager::Secret": "Name",
    "AWS::IAM::Role": "RoleName", "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SQS::Queue": "QueueName", "AWS::ApiGatewayV2::Stage": "StageName",
    "AWS::SSM::Parameter": "Name", "AWS::Events::Rule": "Name", "AWS::Events::EventBus": "Name",
    "AWS::KMS::Alias": "AliasName",
  ]

  /// The name a resource has in its service: the one the template gives it, else its logical id.
  func physicalName(of resource: Resource, _ place: Place) throws -> String {
    if let id = apiIDs[resource.logicalID] { return id }
    var inner = Place(logicalID: resource.logicalID, path: "Properties")
    inner.references = place.references + 1
    guard inner.references <= Scope.mostReferences else {
      throw error("its name refers to itself", at: resource.body.offset, in: resource.logicalID)
    }
    if let property = Scope.nameProperties[resource.type],
      let value = resource.properties[property],
      let resolved = try resolved(value, inner.member(property))
    {
      return try text(resolved, inner.member(property))
    }
    if resource.type == "AWS::KMS::Key" { return environment.keyID(resource.logicalID) }
    if resource.type == "AWS::SQS::Queue", resource.properties["FifoQueue"]?.text == "true" {
      return resource.logicalID + ".fifo"
    }
    return resource.type == "AWS::S3::Bucket" ? resource.logicalID.lowercased() : resource.logicalID
  }
}
