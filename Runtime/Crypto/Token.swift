package import JSON

/// Why a token is not accepted. For the log; a client learns only that it is not.
package enum TokenError: Error, Equatable {
  case tooLong(limit: Int)
  /// Not three parts of base64url, or no JSON object where one has to be.
  case malformed(String)
  /// Signed another way than the verifier's, or with extensions it does not know (`crit`).
  case refusedHeader(String)
  case unknownKey
  case wrongSignature
  case expired
  case notYetValid
  /// A claim that is absent, of another type, or not the expected value.
  case wrongClaim(String)
}

/// Makes JSON Web Tokens (RFC 7519) in the compact form (RFC 7515, 3.1).
package struct TokenSigner: Sendable {
  private let key: TokenKey
  private let head: [UInt8]

  package init(key: TokenKey, type: String = "JWT") {
    self.key = key
    var header: JSONObject = ["alg": .string(key.scheme.rawValue), "typ": .string(type)]
    if let id = key.id { header["kid"] = .string(id) }
    head = Array(Base64.url.encode(JSONValue.object(header).encoded()).utf8) + [0x2E]
  }

  package func token(_ claims: JSONObject) throws(KeyError) -> String {
    var text = head
    Base64.url.append(JSONValue.object(claims).encoded(), to: &text)
    let signature = try key.sign(text)
    text.append(0x2E)
    Base64.url.append(signature, to: &text)
    return String(decoding: text, as: UTF8.self)
  }
}

/// What a verified token says.
package struct TokenClaims: Sendable {
  package let all: JSONObject

  package subscript(name: String) -> JSONValue? { all[name] }
  package func string(_ name: String) -> String? { all[name]?.string }
  package var subject: String? { string("sub") }
  /// Unix seconds; the token is refused from this second on.
  package var expires: Double? { all["exp"]?.double }
}

/// Checks tokens against one scheme and one set of keys, chosen before anything of a token is read
/// (RFC 8725, 3.1): its header can only pick a key from the set by name.
package struct TokenVerifier: Sendable {
  private let scheme: SignatureScheme
  private let keys: [TokenKey]
  /// What `iss` has to be; nil when it does not matter.
  package var issuer: String?
  /// What `aud` has to be or to hold; nil when it does not matter.
  package var audience: String?
  /// What `token_use` has to be; nil when it does not matter.
  package var use: String?
  /// Claims that have to be there as texts that are not empty.
  package var requiredClaims = ["sub"]
  /// By how many seconds clocks may differ.
  package var leeway = 0.0
  /// Bytes of a token at the most.
  package var limit = 8_192

  /// - Throws: when the keys are for another scheme, or two have one name.
  package init(scheme: SignatureScheme, keys: [TokenKey]) throws(KeyError) {
    var names: Set<String?> = []
    for key in keys {
      guard key.scheme == scheme else { throw .otherPurpose("alg") }
      guard names.insert(key.id).inserted else {
        throw .ambiguousSet("two keys are called \(key.id ?? "nothing")")
      }
    }
    self.scheme = scheme
    self.keys = keys
  }

  /// Checks everything: form, signature, times and claims. `now` is in Unix seconds.
  package func verify(_ token: String, now: Double) throws(TokenError) -> TokenClaims {
    let payload = try payload(of: token)
    guard let value = try? JSONValue(parsing: payload), let claims = value.object else {
      throw .malformed("payload")
    }
    try checkTimes(claims, now)
    try checkNames(claims)
    return TokenClaims(all: claims)
  }

  /// Checks form and signature alone: the bytes that were signed.
  package func payload(of token: String) throws(TokenError) -> [UInt8] {
    guard token.utf8.count <= limit else { throw .tooLong(limit: limit) }
    let parts = token.utf8.split(separator: 0x2E, omittingEmptySubsequences: false)
    guard parts.count == 3 else { throw .malformed("parts") }
    guard let header = Base64.url.decode(Array(parts[0])) else { throw .malformed("header") }
    guard let payload = Base64.url.decode(Array(parts[1])) else { throw .malformed("payload") }
    guard let signature = Base64.url.decode(Array(parts[2])) else { throw .malformed("signature") }
    let key = try key(for: header)
    let signed = Array(token.utf8.prefix(parts[0].count + 1 + parts[1].count))
    guard key.isValid(signature, for: signed) else { throw .wrongSignature }
    return payload
  }

  private func key(for header: [UInt8]) throws(TokenError) -> TokenKey {
    guard let value = try? JSONValue(parsing: header), let header = value.object else {
      throw .malformed("header")
    }
    guard header["alg"]?.string == scheme.rawValue else { throw .refusedHeader("alg") }
    guard header["crit"] == nil else { throw .refusedHeader("crit") }
    guard let name = header["kid"] else {
      guard keys.count == 1 else { throw .unknownKey }
      return keys[0]
    }
    guard let name = name.string else { throw .malformed("kid") }
    guard let key = keys.first(where: { $0.id == name }) else { throw .unknownKey }
    return key
  }

  private func checkTimes(_ claims: JSONObject, _ now: Double) throws(TokenError) {
    guard let expires = claims["exp"]?.double else { throw .wrongClaim("exp") }
    guard now < expires + leeway else { throw .expired }
    guard let from = claims["nbf"] else { return }
    guard let from = from.double else { throw .wrongClaim("nbf") }
    guard from <= now + leeway else { throw .notYetValid }
  }

  private func checkNames(_ claims: JSONObject) throws(TokenError) {
    if let issuer, claims["iss"]?.string != issuer { throw .wrongClaim("iss") }
    if let use, claims["token_use"]?.string != use { throw .wrongClaim("token_use") }
    if let audience {
      let named = claims["aud"]?.array ?? claims["aud"].map { [$0] } ?? []
      guard named.contains(.string(audience)) else { throw .wrongClaim("aud") }
    }
    for name in requiredClaims where claims[name]?.string?.isEmpty != false {
      throw .wrongClaim(name)
    }
  }
}
