import Crypto
import JSON
import Network
import Support
import Synchronization
import Testing

@testable import Agent

@Suite struct ServiceAccountTests {
  private final class Clock: Sendable {
    private let seconds = Mutex(1_800_000_000.0)
    var now: Double { seconds.withLock { $0 } }
    func advance(_ by: Double) { seconds.withLock { $0 += by } }
  }

  private let clock = Clock()

  private func account(_ server: FaultyProvider) throws -> ServiceAccount {
    var file = try JSONValue(
      parsing: Project.text("Tests/AgentTests/Fixtures/service-account.json"))
    file["token_uri"] = .string(server.base + "/token")
    let clock = clock
    return try ServiceAccount(
      file: file.encoded(), client: HTTPClient(), now: { clock.now })
  }

  private func tokens() throws -> FaultyProvider {
    try FaultyProvider { connection, attempt in
      connection.respond(
        200, #"{"access_token":"t\#(attempt)","expires_in":3599,"token_type":"Bearer"}"#)
    }
  }

  @Test func `signs who it is`() async throws {
    let server = try tokens()
    #expect(try await account(server).accessToken() == "t1")
    let request = try #require(server.requests.first)
    #expect(request.header("content-type") == "application/x-www-form-urlencoded")
    let body = String(decoding: request.body, as: UTF8.self)
    let prefix = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion="
    #expect(body.hasPrefix(prefix))
    let parts = try body.dropFirst(prefix.count).split(separator: ".").map {
      try #require(Base64.url.decode(String($0)))
    }
    #expect(
      try JSONValue(parsing: parts[0]) == ["alg": "RS256", "typ": "JWT", "kid": "key-1"])
    #expect(
      try JSONValue(parsing: parts[1])
        == [
          "iss": "tutor@example.iam.gserviceaccount.com",
          "scope": "https://www.googleapis.com/auth/cloud-platform",
          "aud": "https://oauth2.googleapis.com/token", "iat": 1_800_000_000,
          "exp": 1_800_003_600,
        ])
    #expect(parts[2].count == 256)
  }

  @Test func `keeps a token until five minutes before its end`() async throws {
    let server = try tokens()
    let account = try account(server)
    #expect(try await account.accessToken() == "t1")
    clock.advance(3_298)
    #expect(try await account.accessToken() == "t1")
    clock.advance(2)
    #expect(try await account.accessToken() == "t2")
  }

  @Test func `asks once for many`() async throws {
    let server = try tokens()
    let account = try account(server)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<20 { group.addTask { _ = try? await account.accessToken() } }
    }
    #expect(server.requests.count == 1)
  }

  @Test func `says why there is none, and asks again`() async throws {
    let server = try FaultyProvider { connection, attempt in
      if attempt == 1 {
        connection.respond(400, #"{"error":"invalid_grant","error_description":"x"}"#)
      } else {
        connection.respond(200, #"{"access_token":"t","expires_in":3599}"#)
      }
    }
    let account = try account(server)
    await #expect(throws: ServiceAccountError.refused(status: 400, reason: "invalid_grant")) {
      try await account.accessToken()
    }
    #expect(try await account.accessToken() == "t")
  }

  @Test(arguments: [
    ("{}", "client_email"),
    (#"{"client_email":"a","private_key":"x"}"#, "token_uri"),
  ])
  func `names what a file lacks`(file: String, missing: String) {
    #expect(throws: ServiceAccountError.malformed(missing)) {
      try ServiceAccount(file: Array(file.utf8), client: HTTPClient(), now: { 0 })
    }
  }
}
