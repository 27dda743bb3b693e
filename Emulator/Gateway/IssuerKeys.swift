import Crypto
import JSON

/// The public keys of token issuers, found by OpenID Connect discovery and kept for two hours.
///
/// Source: API Gateway developer guide, "Control access to HTTP APIs with JWT authorizers": only
/// RSA keys; the key set is kept up to two hours.
actor IssuerKeys {
  private struct Set: Sendable {
    let verifiers: [SignatureScheme: TokenVerifier]
    let fetchedAt: GatewayTime
  }

  private static let schemes: [SignatureScheme] = [.rs256, .rs384, .rs512]
  private static let longestLife = 7_200_000
  /// A token with an unknown key asks for a new set at most so often (milliseconds).
  private static let shortestLife = 60_000

  private let fetch: Fetch
  private let now: @Sendable () -> GatewayTime
  private var sets: [String: Set] = [:]
  private var fetches: [String: Task<Set?, Never>] = [:]

  init(fetch: @escaping Fetch, now: @escaping @Sendable () -> GatewayTime) {
    self.fetch = fetch
    self.now = now
  }

  /// What a token of this issuer says; nil when it is not the issuer's, over or not yet valid.
  func claims(of token: String, from issuer: String) async -> JSONObject? {
    guard let scheme = IssuerKeys.scheme(of: token) else { return nil }
    guard let set = await keys(of: issuer, noOlderThan: IssuerKeys.longestLife) else { return nil }
    switch IssuerKeys.verify(token, set, scheme, issuer, at: now()) {
    case .success(let claims): return claims
    case .failure(.unknownKey):
      guard let newer = await keys(of: issuer, noOlderThan: IssuerKeys.shortestLife) else {
        return nil
      }
      return try? IssuerKeys.verify(token, newer, scheme, issuer, at: now()).get()
    case .failure: return nil
    }
  }

  /// Which of the issuer's keys are meant. All are RSA keys, so a token cannot make a key of one
  /// kind be used as another.
  private static func scheme(of token: String) -> SignatureScheme? {
    guard let header = Base64.url.decode(String(token.prefix { $0 != "." })),
      let name = (try? JSONValue(parsing: header))?["alg"]?.string
    else { return nil }
    return schemes.first { $0.rawValue == name }
  }

  private static func verify(
    _ token: String, _ set: Set, _ scheme: SignatureScheme, _ issuer: String, at time: GatewayTime
  ) -> Result<JSONObject, TokenError> {
    guard var verifier = set.verifiers[scheme] else { return .failure(.unknownKey) }
    verifier.issuer = issuer
    verifier.requiredClaims = []
    let seconds = Double(time.milliseconds) / 1_000
    do throws(TokenError) {
      let claims = try verifier.verify(token, now: seconds)
      if let issued = claims["iat"]?.double, issued > seconds { return .failure(.notYetValid) }
      return .success(claims.all)
    } catch {
      return .failure(error)
    }
  }

  private func keys(of issuer: String, noOlderThan life: Int) async -> Set? {
    if let set = sets[issuer], now().milliseconds - set.fetchedAt.milliseconds < life {
      return set
    }
    if let running = fetches[issuer] { return await running.value }
    let task = Task { await self.fetchKeys(of: issuer) }
    fetches[issuer] = task
    let set = await task.value
    fetches[issuer] = nil
    if let set { sets[issuer] = set }
    return set
  }

  private func fetchKeys(of issuer: String) async -> Set? {
    let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
    guard let discovery = await document(at: base + "/.well-known/openid-configuration"),
      let address = discovery["jwks_uri"]?.string, let keys = await document(at: address)
    else { return nil }
    var verifiers: [SignatureScheme: TokenVerifier] = [:]
    for scheme in IssuerKeys.schemes {
      guard let found = try? TokenKey.set(jwks: keys, scheme: scheme), !found.isEmpty else {
        continue
      }
      verifiers[scheme] = try? TokenVerifier(scheme: scheme, keys: found)
    }
    return verifiers.isEmpty ? nil : Set(verifiers: verifiers, fetchedAt: now())
  }

  private func document(at address: String) async -> JSONValue? {
    guard let bytes = await fetch(address) else { return nil }
    // API Gateway quotas: 150 KB.
    return try? JSONValue(parsing: bytes, limits: JSONLimits(bytes: 150_000))
  }
}
