import Crypto
import JSON
import Server

/// What a function answered, as an integration reads it.
struct FunctionAnswer: Sendable, Equatable {
  var status: Int
  var headers: [(name: String, value: String)] = []
  var cookies: [String] = []
  var body: [UInt8] = []

  /// Reads a proxy answer: an object with `statusCode`; nil when a member is not what it must be.
  private init?(proxy root: JSONNode, standard: Int? = nil) {
    let given = root["statusCode"]
    guard let status = given == nil ? standard : FunctionAnswer.status(given) else { return nil }
    self.status = status
    for member in root["headers"]?.members.map({ Array($0) }) ?? [] {
      guard let value = FunctionAnswer.text(member.value) else { return nil }
      headers.append((member.key, value))
    }
    for member in root["multiValueHeaders"]?.members.map({ Array($0) }) ?? [] {
      headers.removeAll { $0.name.lowercased() == member.key.lowercased() }
      for element in member.value.elements.map({ Array($0) }) ?? [] {
        guard let value = FunctionAnswer.text(element) else { return nil }
        headers.append((member.key, value))
      }
    }
    for cookie in root["cookies"]?.elements.map({ Array($0) }) ?? [] {
      guard let text = cookie.string else { return nil }
      cookies.append(text)
    }
    guard let body = FunctionAnswer.body(of: root) else { return nil }
    self.body = body
  }

  /// Reads the answer for a WebSocket route: it must be a proxy answer.
  static func proxy(_ bytes: [UInt8]) -> FunctionAnswer? {
    guard let document = document(bytes), document.root["statusCode"] != nil else { return nil }
    return FunctionAnswer(proxy: document.root)
  }

  /// Reads the answer for an HTTP API, payload format 2.0: a proxy answer, or any other JSON, which
  /// is the body of a 200.
  static func http(_ bytes: [UInt8]) -> FunctionAnswer? {
    guard let document = document(bytes) else { return nil }
    if document.root["statusCode"] != nil { return FunctionAnswer(proxy: document.root) }
    var answer = FunctionAnswer(status: 200)
    answer.headers = [("content-type", "application/json")]
    answer.body = bytes
    return answer
  }

  /// Reads what stands before a streamed body; the status is 200 unless it says otherwise.
  static func prelude(_ bytes: [UInt8]) -> FunctionAnswer? {
    guard let document = document(bytes), document.root.kind == .object else { return nil }
    return FunctionAnswer(proxy: document.root, standard: 200)
  }

  /// The head of a body that is streamed without one.
  init(streamed contentType: String?) {
    self.init(status: 200)
    headers = [("content-type", contentType ?? "application/octet-stream")]
  }

  private init(status: Int) {
    self.status = status
  }

  static func == (left: FunctionAnswer, right: FunctionAnswer) -> Bool {
    left.status == right.status && left.cookies == right.cookies && left.body == right.body
      && left.headers.elementsEqual(right.headers, by: ==)
  }

  private static func document(_ bytes: [UInt8]) -> JSONDocument? {
    try? JSONDocument(bytes, limits: JSONLimits(duplicates: .kept, loneSurrogates: .replaced))
  }

  private static func status(_ node: JSONNode?) -> Int? {
    guard let number = node?.int ?? node?.string.flatMap({ Int($0) }), (200...599).contains(number)
    else { return nil }
    return number
  }

  private static func text(_ node: JSONNode) -> String? {
    switch node.kind {
    case .string: node.string
    case .number: node.number?.text
    case .bool: node.bool == true ? "true" : "false"
    default: nil
    }
  }

  private static func body(of root: JSONNode) -> [UInt8]? {
    guard let node = root["body"], !node.isNull else { return [] }
    guard let text = node.string else { return nil }
    guard root["isBase64Encoded"]?.bool == true else { return Array(text.utf8) }
    return Base64.standard.decode(text)
  }
}
