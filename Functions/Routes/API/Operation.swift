/// What can be asked over HTTP; the raw value is its name in the OpenAPI document.
enum Operation: String, CaseIterable, Sendable {
  // Conversations
  case listConversations, createConversation, getConversation, changeConversation
  case deleteConversation, searchConversations
  case setMetadata, removeMetadata
  case listSessions, getSession, setSession
  case listMessages, setFeedback, removeFeedback
  case exportConversation, exportConversations
  // Messages
  case postMessage, postChat, streamChat, stopMessage, decideConfirmation
  // Administration
  case adminConversations, adminConversation, adminConversationsOfUser, adminStatistics
  case listDocuments, addDocuments, removeDocument, searchDocuments, rebuildIndex
  case adminUsage, adminVariants, getUsage
  case adminEscalations, adminSetSession
  case getCache, emptyCache, emptyAssistantCache
  // What is remembered about people
  case getContext, setContext, removeContext, clearContext
  case getSettings, setSettings
  // The service
  case listAgents, getConfig, getHealth, getOpenAPI, getDocs, getPage
}

/// One HTTP route: what is asked by which method and path, who may, and which function answers.
///
/// The table of these (``APIRoutes``) is what the functions dispatch by and what the OpenAPI document
/// is made from; a test compares it with `template.json`.
struct APIRoute: Sendable {
  enum Access: Sendable {
    /// No token is needed.
    case open
    case user
    case admin
  }

  enum Tag: String, CaseIterable, Sendable {
    case conversations = "Conversations"
    case messages = "Messages"
    case context = "Context"
    case administration = "Administration"
    case service = "Service"
  }

  struct Parameter: Sendable {
    let name: String
    let text: String
    /// A JSON Schema as text; the default is any text.
    var schema = #"{"type":"string"}"#
    var place = "query"
    var isRequired = false
  }

  struct Answer: Sendable {
    let status: Int
    let text: String
    /// A component of the document; nil for an empty body.
    var schema: String?
    var type = "application/json"
  }

  let operation: Operation
  let method: String
  /// `/api/v1/conversations/{id}`.
  let path: String
  /// The handler's name (`_HANDLER`).
  let function: String
  let access: Access
  let tag: Tag
  let summary: String
  var parameters: [Parameter] = []
  /// A component of the document; nil without a body.
  var body: String?
  let answers: [Answer]

  /// The segments of the path: fixed ones and variables (`{id}`).
  var segments: [Substring] { path.split(separator: "/") }

  /// The variables' values when the path is this route's; nil when it is not.
  func parameters(in path: [String]) -> [String: String]? {
    let segments = segments
    guard segments.count == path.count else { return nil }
    var values: [String: String] = [:]
    for (segment, text) in zip(segments, path) {
      if segment.hasPrefix("{") {
        values[String(segment.dropFirst().dropLast())] = text
      } else if segment != text {
        return nil
      }
    }
    return values
  }
}

/// A request with the route that it means.
struct APIRequest: Sendable {
  let operation: Operation
  let parameters: [String: String]

  func parameter(_ name: String) throws(Refusal) -> String {
    guard let value = parameters[name] else { throw .notFound }
    return value
  }
}

extension APIRoutes {
  /// The route of a function that a request means; a fixed segment goes before a variable.
  ///
  /// Throws `notFound`, or `methodNotAllowed` when the path is known with other methods. `HEAD` is
  /// answered wherever `GET` is, if `takesHead`.
  static func request(
    _ method: String, _ path: [String]?, to function: String, takesHead: Bool = false
  ) throws(Refusal) -> APIRequest {
    guard let path else { throw .notFound }
    var found: [(route: APIRoute, parameters: [String: String])] = []
    for route in all where route.function == function {
      if let parameters = route.parameters(in: path) { found.append((route, parameters)) }
    }
    guard let fewest = found.map(\.parameters.count).min() else { throw .notFound }
    found.removeAll { $0.parameters.count > fewest }
    let wanted = takesHead && method == "HEAD" ? "GET" : method
    guard let match = found.first(where: { $0.route.method == wanted }) else {
      var allowed = found.map(\.route.method)
      if takesHead, allowed.contains("GET") { allowed.append("HEAD") }
      throw .methodNotAllowed(allowed: allowed)
    }
    return APIRequest(operation: match.route.operation, parameters: match.parameters)
  }
}
