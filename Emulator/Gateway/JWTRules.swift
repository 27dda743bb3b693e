import JSON

/// What API Gateway wants of a token beyond its signature, and what it hands on of it.
///
/// Source: API Gateway developer guide, "Control access to HTTP APIs with JWT authorizers".
enum JWTRules {
  /// The token of an identity source's value: `Bearer ` may stand before it.
  static func token(in value: String) -> String {
    guard let space = value.firstIndex(of: " "), value[..<space].lowercased() == "bearer" else {
      return value
    }
    return String(value[value.index(after: space)...])
  }

  /// Whether `aud`, or without it `client_id`, is one of the audiences.
  static func isMeant(_ claims: JSONObject, for audiences: [String]) -> Bool {
    let named: [JSONValue]
    if let audience = claims["aud"] {
      named = audience.array ?? [audience]
    } else {
      named = claims["client_id"].map { [$0] } ?? []
    }
    return named.contains { $0.string.map(audiences.contains) ?? false }
  }

  /// The scopes a token has: `scope`, words, or `scp`, words or a list.
  static func scopes(of claims: JSONObject) -> [String] {
    let value = claims["scope"] ?? claims["scp"]
    if let list = value?.array { return list.compactMap(\.string) }
    return value?.string?.split(separator: " ").map { String($0) } ?? []
  }

  /// `{"jwt":{"claims":{…},"scopes":[…]|null}}`: claims are handed on as text.
  static func context(_ claims: JSONObject, scopes: [String]?) -> JSONObject {
    var texts = JSONObject()
    for (name, value) in claims { texts[name] = .string(text(value)) }
    let scopes = scopes.map { JSONValue.array($0.map { .string($0) }) } ?? .null
    return ["jwt": ["claims": .object(texts), "scopes": scopes]]
  }

  /// Lists are written as `[a b]`.
  private static func text(_ value: JSONValue) -> String {
    switch value {
    case .string(let text): text
    case .array(let elements): "[" + elements.map { text($0) }.joined(separator: " ") + "]"
    default: value.description
    }
  }
}
