import JSON

/// A resource as it stands in the template.
struct Resource: Sendable {
  let logicalID: String
  let type: String
  let body: Located
  let properties: Located
  let condition: String?
}

/// Where a value stands, for messages, and how many references led here.
struct Place: Sendable {
  var logicalID: String?
  var path: String
  /// Names of resources may refer to each other; a circle ends at the limit.
  var references = 0

  func member(_ key: String) -> Place {
    var place = self
    place.path = path.isEmpty ? key : "\(path).\(key)"
    return place
  }

  func element(_ index: Int) -> Place {
    var place = self
    place.path += "[\(index)]"
    return place
  }
}

/// What intrinsic functions can refer to: the template's sections, parameters given their values.
struct Scope: Sendable {
  let file: String
  let document: JSONDocument
  let environment: TemplateEnvironment
  /// Strings and lists of strings.
  var parameters: [String: Located] = [:]
  var mappings: Located?
  var conditions: [String: Located] = [:]
  /// Which conditions hold; each is evaluated once, so a circle or a chain of them costs nothing.
  var outcomes: [String: Bool] = [:]
  var resources: [Resource] = []
  private(set) var resourceByID: [String: Resource] = [:]
  /// The ids of the APIs by logical id.
  private(set) var apiIDs: [String: String] = [:]

  /// Functions whose events name no API share this one, as in SAM.
  static let implicitHTTPAPI = "ServerlessHttpApi"
  static let mostReferences = 16
  /// Bytes of a text that intrinsic functions make. Without a limit, names that refer to each other
  /// twice would double at each step.
  static let longestText = 65_536

  init(file: String, document: JSONDocument, environment: TemplateEnvironment) {
    self.file = file
    self.document = document
    self.environment = environment
  }

  func error(_ problem: String, at offset: Int?, in logicalID: String?) -> TemplateError {
    TemplateError(
      file: file, position: offset.map { document.position(of: $0) }, logicalID: logicalID,
      problem: problem)
  }

  func error(_ problem: String, _ value: Located, _ place: Place) -> TemplateError {
    let text = place.path.isEmpty ? problem : "\(place.path): \(problem)"
    return error(text, at: value.offset, in: place.logicalID)
  }

  func resource(_ logicalID: String) -> Resource? { resourceByID[logicalID] }

  mutating func setResources(_ resources: [Resource]) {
    self.resources = resources
    var webSockets = 0
    var https = 0
    for resource in resources {
      resourceByID[resource.logicalID] = resource
      switch resource.type {
      case "AWS::ApiGatewayV2::Api" where resource.properties["ProtocolType"]?.text == "WEBSOCKET":
        webSockets += 1
        apiIDs[resource.logicalID] = "martletws\(webSockets)"
      case "AWS::ApiGatewayV2::Api", "AWS::Serverless::HttpApi":
        https += 1
        apiIDs[resource.logicalID] = https == 1 ? "martlethttp" : "martlethttp\(https)"
      default: break
      }
    }
    if apiIDs[Scope.implicitHTTPAPI] == nil {
      apiIDs[Scope.implicitHTTPAPI] = https == 0 ? "martlethttp" : "martlethttp\(https + 1)"
    }
  }
}
