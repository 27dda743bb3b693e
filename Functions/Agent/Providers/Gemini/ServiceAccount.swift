import Crypto
import JSON
package import Network

/// Why a service account gives no token.
package enum ServiceAccountError: Error, Equatable {
  /// The account's file is not as Google writes it: what is missing.
  case malformed(String)
  case refused(status: Int, reason: String)
}

/// Access tokens of a Google service account, kept until shortly before they expire.
///
/// Askers at the same time share one request. Source: Google Identity, "Using OAuth 2.0 for Server to
/// Server Applications": a JWT signed by RS256, its audience Google's own address whatever
/// `token_uri` says.
package actor ServiceAccount {
  private static let audience = "https://oauth2.googleapis.com/token"
  private static let scope = "https://www.googleapis.com/auth/cloud-platform"
  /// Seconds that a token has to be good for still.
  private static let margin = 300.0

  private let email: String
  private let address: String
  private let signer: TokenSigner
  private let client: HTTPClient
  private let now: @Sendable () -> Double
  private var token: (text: String, expires: Double)?
  private var asking: Task<(text: String, expires: Double), any Error>?

  /// `file` is the JSON that Google gives out for the account; `now` is Unix seconds.
  package init(
    file: [UInt8], client: HTTPClient, now: @escaping @Sendable () -> Double
  ) throws {
    let file = try JSONValue(parsing: file)
    func text(_ name: String) throws -> String {
      guard let text = file[name]?.string, !text.isEmpty else {
        throw ServiceAccountError.malformed(name)
      }
      return text
    }
    email = try text("client_email")
    address = try text("token_uri")
    signer = TokenSigner(
      key: try TokenKey(
        privateKeyPEM: try text("private_key"), id: file["private_key_id"]?.string))
    self.client = client
    self.now = now
  }

  /// A token that is good for five minutes at least.
  package func accessToken() async throws -> String {
    if let token, token.expires - Self.margin > now() { return token.text }
    let task = asking ?? Task { try await self.ask() }
    asking = task
    defer { if asking == task { asking = nil } }
    let new = try await task.value
    token = new
    return new.text
  }

  private func ask() async throws -> (text: String, expires: Double) {
    let time = now()
    let assertion = try signer.token([
      "iss": .string(email), "scope": .string(Self.scope), "aud": .string(Self.audience),
      "iat": .int(Int(time)), "exp": .int(Int(time) + 3_600),
    ])
    let form = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion="
    let response = try await client.send(
      ClientRequest(
        "POST", address, headers: ["content-type": "application/x-www-form-urlencoded"],
        body: .bytes(Array((form + assertion).utf8))), deadline: .now + .seconds(10))
    let answer = try? JSONValue(parsing: response.body)
    guard response.status == 200, let text = answer?["access_token"]?.string else {
      throw ServiceAccountError.refused(
        status: response.status, reason: answer?["error"]?.string ?? "no token")
    }
    return (text, time + (answer?["expires_in"]?.double ?? 3_599))
  }
}
