import Crypto
import JSON
package import Server
package import Template

/// A stand-in for the Security Token Service: it knows one account, gives everybody credentials, and
/// checks none.
///
/// Source: STS API reference; the texts of errors are the service's.
package struct STS: Sendable {
  /// Operations that the service has and the emulator does not play.
  private static let refused: Set<String> = [
    "AssumeRoleWithSAML", "AssumeRoot", "DecodeAuthorizationMessage", "GetDelegatedAccessToken",
    "GetFederationToken", "GetWebIdentityToken",
  ]
  private static let namespace = "https://sts.amazonaws.com/doc/2011-06-15/"
  private let wire = QueryProtocol(namespace: namespace, version: "2011-06-15")
  private let environment: TemplateEnvironment
  /// Unix milliseconds.
  private let now: @Sendable () -> Int

  package init(
    environment: TemplateEnvironment = TemplateEnvironment(),
    now: @escaping @Sendable () -> Int = DynamoDB.systemTime
  ) {
    self.environment = environment
    self.now = now
  }

  /// Whether an unsigned request is one of the few that need no signature.
  package static func matches(_ request: HTTPRequest) -> Bool {
    request.method == "POST" && request.path == "/" && QueryProtocol.isForm(request)
  }

  package func answer(_ request: HTTPRequest) async -> HTTPResponse {
    let key = Self.accessKey(of: request)
    return await wire.answer(request) { action, input in
      try self.perform(action, input, key)
    }
  }

  /// The access key that a request was signed with.
  private static func accessKey(of request: HTTPRequest) -> String? {
    guard let header = request.headers["Authorization"],
      let range = header.firstRange(of: "Credential=")
    else { return nil }
    return String(header[range.upperBound...].prefix { $0 != "/" && $0 != "," })
  }

  private func perform(
    _ action: String, _ input: QueryParameters, _ key: String?
  ) throws -> [UInt8] {
    switch action {
    case "GetCallerIdentity": return callerIdentity(key)
    case "AssumeRole": return try assumeRole(action, input)
    case "AssumeRoleWithWebIdentity": return try assumeRole(action, input)
    case "GetSessionToken": return try sessionToken(input)
    case "GetAccessKeyInfo":
      _ = try Self.required("AccessKeyId", input, 16...128)
      return Self.result(action) { $0.element("Account", environment.accountID) }
    default:
      throw Self.refused.contains(action)
        ? JSONServiceError.unsupported(action, of: "STS")
        : JSONServiceError(
          "InvalidAction", "Could not find operation \(action) for version 2011-06-15")
    }
  }

  private func callerIdentity(_ key: String?) -> [UInt8] {
    let account = environment.accountID
    return Self.result("GetCallerIdentity") { writer in
      // Keys that were given out for a role say so by their first letters.
      if let key, key.hasPrefix("ASIA"), let session = AssumedRole(key: key) {
        writer.element(
          "Arn", "arn:aws:sts::\(account):assumed-role/\(session.role)/\(session.name)")
        writer.element("UserId", "\(Self.roleID(session.role)):\(session.name)")
      } else {
        writer.element("Arn", "arn:aws:iam::\(account):root")
        writer.element("UserId", account)
      }
      writer.element("Account", account)
    }
  }

  private func assumeRole(_ action: String, _ input: QueryParameters) throws -> [UInt8] {
    let isWeb = action == "AssumeRoleWithWebIdentity"
    let arn = try Self.required("RoleArn", input, 20...2048)
    let session = try Self.required("RoleSessionName", input, 2...64)
    guard RequestPattern.matches(session, #"[\w+=,.@-]*"#) else {
      throw Self.violation(
        session, "roleSessionName", #"Member must satisfy regular expression pattern: [\w+=,.@-]*"#)
    }
    let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 6, parts[2] == "iam", parts[5].hasPrefix("role/") else {
      throw JSONServiceError("ValidationError", "\(arn) is invalid")
    }
    let seconds = try Self.duration(input, 900...43_200, standard: 3_600)
    if isWeb { _ = try Self.required("WebIdentityToken", input, 4...20_000) }
    let role = String(parts[5].dropFirst(5).split(separator: "/").last ?? "")
    let key = AssumedRole(role: role, name: session)?.key ?? Self.newKey()
    return Self.result(action) { writer in
      credentials(&writer, key: key, for: seconds)
      writer.element("AssumedRoleUser") { writer in
        writer.element("AssumedRoleId", "\(Self.roleID(role)):\(session)")
        writer.element("Arn", "arn:aws:sts::\(parts[4]):assumed-role/\(role)/\(session)")
      }
      if isWeb { web(&writer, input) } else { writer.element("PackedPolicySize", 0) }
    }
  }

  /// What the token of another issuer says of its owner; it is not verified.
  private func web(_ writer: inout XMLWriter, _ input: QueryParameters) {
    let parts = (input["WebIdentityToken"] ?? "").split(separator: ".")
    let claims =
      parts.count == 3
      ? Base64.url.decode(String(parts[1])).flatMap { try? JSONValue(parsing: $0) } : nil
    writer.element("SubjectFromWebIdentityToken", claims?["sub"]?.string ?? "anonymous")
    writer.element("Provider", input["ProviderId"] ?? claims?["iss"]?.string ?? "unknown")
    writer.optional("Audience", claims?["aud"]?.string)
  }

  private func sessionToken(_ input: QueryParameters) throws -> [UInt8] {
    let seconds = try Self.duration(input, 900...129_600, standard: 43_200)
    return Self.result("GetSessionToken") { credentials(&$0, key: Self.newKey(), for: seconds) }
  }

  private func credentials(_ writer: inout XMLWriter, key: String, for seconds: Int) {
    let end = (now() / 1_000 + seconds) * 1_000
    writer.element("Credentials") { writer in
      writer.element("AccessKeyId", key)
      writer.element("SecretAccessKey", Base64.standard.encode(Random.bytes(30)))
      writer.element("SessionToken", Base64.standard.encode(Random.bytes(192)))
      // Without the milliseconds, as the service writes it.
      writer.element("Expiration", WireTime.iso(end).prefix(19) + "Z")
    }
  }

  private static func newKey() -> String {
    "ASIA" + Random.text(16, from: "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
  }

  private static func roleID(_ role: String) -> String {
    let digest = SHA256.digest(role)
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    return "AROA" + String(digest.prefix(17).map { letters[Int($0) % 32] })
  }

  private static func result(
    _ action: String, _ body: (inout XMLWriter) -> Void
  ) -> [UInt8] {
    var writer = XMLWriter()
    let head = writer.bytes.count
    writer.element("\(action)Result", body)
    return Array(writer.bytes.dropFirst(head))
  }

  // MARK: - Parameters

  private static func required(
    _ name: String, _ input: QueryParameters, _ length: ClosedRange<Int>
  ) throws -> String {
    let label = name.prefix(1).lowercased() + name.dropFirst()
    guard let text = input[name] else {
      throw JSONServiceError(
        "ValidationError",
        "1 validation error detected: Value null at '\(label)' failed to satisfy constraint: "
          + "Member must not be null")
    }
    guard text.unicodeScalars.count >= length.lowerBound else {
      throw violation(
        text, label, "Member must have length greater than or equal to \(length.lowerBound)")
    }
    guard text.unicodeScalars.count <= length.upperBound else {
      throw violation(
        text, label, "Member must have length less than or equal to \(length.upperBound)")
    }
    return text
  }

  private static func duration(
    _ input: QueryParameters, _ range: ClosedRange<Int>, standard: Int
  ) throws -> Int {
    guard let text = input["DurationSeconds"] else { return standard }
    guard let seconds = Int(text) else {
      throw JSONServiceError("MalformedInput", "Unable to parse DurationSeconds")
    }
    guard range.contains(seconds) else {
      let (side, bound) =
        seconds < range.lowerBound ? ("greater", range.lowerBound) : ("less", range.upperBound)
      throw violation(
        text, "durationSeconds", "Member must have value \(side) than or equal to \(bound)")
    }
    return seconds
  }

  private static func violation(
    _ value: String, _ label: String, _ constraint: String
  ) -> JSONServiceError {
    JSONServiceError(
      "ValidationError",
      "1 validation error detected: Value '\(value)' at '\(label)' failed to satisfy constraint: "
        + constraint)
  }
}

/// A role's session, which its access key carries: nothing has to be kept for `GetCallerIdentity`.
private struct AssumedRole {
  let role: String
  let name: String

  init?(role: String, name: String) {
    guard !role.isEmpty else { return nil }
    self.role = role
    self.name = name
  }

  /// `ASIA` and the two names in base 32, so that the key has letters and digits alone.
  var key: String { "ASIA" + Base32.encode(Array("\(role)/\(name)".utf8)) }

  init?(key: String) {
    guard let bytes = Base32.decode(String(key.dropFirst(4))),
      let text = String(validating: bytes, as: UTF8.self)
    else { return nil }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    self.init(role: String(parts[0]), name: String(parts[1]))
  }
}
