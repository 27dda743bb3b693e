import Agent
import Crypto
import Events
import Glibc

/// Who a token says its bearer is, and until when.
struct SignedIn: Sendable, Equatable {
  let caller: Caller
  /// Unix seconds; the token is refused from here on.
  let expires: Double
}

/// Checks the tokens of users: HS256 with the key from the secret, nothing else.
struct TokenCheck: Sendable {
  /// Longest user and tenant name, in bytes: they become parts of keys.
  static let longestName = 256

  private let key: @Sendable () async throws -> [UInt8]
  private let now: @Sendable () -> Double

  /// `key` is asked at each check; it keeps what it has read.
  init(
    key: @escaping @Sendable () async throws -> [UInt8],
    now: @escaping @Sendable () -> Double = { Double(time(nil)) }
  ) {
    self.key = key
    self.now = now
  }

  /// nil for a token that is not accepted; throws when the key cannot be had.
  func signedIn(_ token: String) async throws -> SignedIn? {
    let secret = try await key()
    let verifier = try TokenVerifier(scheme: .hs256, keys: [TokenKey(secret: secret)])
    guard let claims = try? verifier.verify(token, now: now()),
      let user = claims.subject, let tenant = claims.string("tenant"),
      let role = claims.string("role").flatMap(Caller.Role.init(rawValue:)),
      let expires = claims.expires, Self.isName(user), Self.isName(tenant)
    else { return nil }
    return SignedIn(
      caller: Caller(user: user, tenant: tenant, role: role), expires: expires)
  }

  /// The caller of an HTTP request. Throws `Refusal.unauthorized` without an accepted token.
  func caller(of event: HTTPEvent) async throws -> Caller {
    guard let token = Bearer.authorization(event.headers),
      let signedIn = try await signedIn(token)
    else { throw Refusal.unauthorized }
    return signedIn.caller
  }

  private static func isName(_ text: String) -> Bool {
    (1...longestName).contains(text.utf8.count)
      && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
  }
}
