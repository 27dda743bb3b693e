import Crypto
import Glibc
import JSON
import Services

/// Tokens as the functions of this project check them: HS256 with the key from the secret.
struct DevelopmentToken {
  /// Who `martlet start` and `martlet invoke` are.
  static let user = "developer"
  static let tenant = "default"
  /// Seconds (12 hours).
  static let life = 12 * 3600
  static let secret = "martlet/token-key"

  let key: String

  init(key: String) { self.key = key }

  /// Reads the key; a template without that secret has no tokens.
  init(_ secrets: SecretsManager) async throws {
    guard let key = try await secrets.text(of: Self.secret) else {
      throw ProjectError(
        description: "there is no secret \(Self.secret): the template does not describe one")
    }
    self.key = key
  }

  func text(
    user: String = user, tenant: String = tenant, role: String = "user"
  ) throws -> String {
    let now = time(nil)
    let signer = TokenSigner(key: try TokenKey(secret: Array(key.utf8)))
    return try signer.token([
      "sub": .string(user), "tenant": .string(tenant), "role": .string(role),
      "iat": .int(now), "exp": .int(now + Self.life),
    ])
  }
}
