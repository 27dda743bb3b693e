import Crypto
import JSON

/// Signatures and message authentication codes.
extension KMS {
  /// How an algorithm such as `RSASSA_PSS_SHA_256` signs.
  private static func scheme(
    _ algorithm: String
  ) -> (hash: AsymmetricKey.Hash, padding: AsymmetricKey.Padding) {
    let hash: AsymmetricKey.Hash =
      algorithm.hasSuffix("384") ? .sha384 : algorithm.hasSuffix("512") ? .sha512 : .sha256
    let padding: AsymmetricKey.Padding =
      algorithm.hasPrefix("RSASSA_PSS") ? .pss : algorithm.hasPrefix("RSASSA") ? .pkcs1 : .none
    return (hash, padding)
  }

  /// The digest that is signed: of the message, or the message itself (`MessageType: DIGEST`).
  private static func digest(
    _ input: JSONMembers, _ algorithm: String, _ hash: AsymmetricKey.Hash
  ) throws -> [UInt8] {
    let message = try input.blob("Message") ?? []
    switch try input.string("MessageType") ?? "RAW" {
    case "DIGEST":
      guard message.count == hash.count else {
        throw JSONServiceError.validation("Digest is invalid length for algorithm \(algorithm).")
      }
      return message
    case "RAW": return hash.digest(message)
    case let other: throw refused("MessageType \(other)")
    }
  }

  private func signer(
    _ input: JSONMembers, for operation: String
  ) async throws -> (opened: Opened, algorithm: String, key: AsymmetricKey) {
    let algorithm = try input.required("SigningAlgorithm")
    let opened = try await open(try input.required("KeyId"))
    try Self.require(.sign, opened.key, for: operation)
    try Self.require(algorithm, among: opened.key.signingAlgorithms, opened.key)
    guard let key = AsymmetricKey(der: opened.material) else {
      throw JSONServiceError("KMSInternalException", "", status: 500)
    }
    return (opened, algorithm, key)
  }

  func sign(_ input: JSONMembers) async throws -> JSONValue {
    let (opened, algorithm, key) = try await signer(input, for: "Sign")
    let (hash, padding) = Self.scheme(algorithm)
    let digest = try Self.digest(input, algorithm, hash)
    guard let signature = key.sign(digest: digest, hash, padding) else {
      throw JSONServiceError("KMSInternalException", "", status: 500)
    }
    return [
      "KeyId": .string(opened.key.arn), "Signature": .string(Base64.standard.encode(signature)),
      "SigningAlgorithm": .string(algorithm),
    ]
  }

  func verify(_ input: JSONMembers) async throws -> JSONValue {
    let (opened, algorithm, key) = try await signer(input, for: "Verify")
    let (hash, padding) = Self.scheme(algorithm)
    let digest = try Self.digest(input, algorithm, hash)
    let signature = try input.blob("Signature") ?? []
    guard key.isValid(signature, digest: digest, hash, padding) else {
      throw JSONServiceError("KMSInvalidSignatureException", "")
    }
    return [
      "KeyId": .string(opened.key.arn), "SignatureValid": true,
      "SigningAlgorithm": .string(algorithm),
    ]
  }

  func getPublicKey(_ input: JSONMembers) async throws -> JSONValue {
    let name = try input.required("KeyId")
    let opened = try await read { table in
      let key = try self.key(name, in: table)
      try self.requireNoDeletion(key)
      return Opened(key: key, material: try table.material(of: key.id, 0) ?? [])
    }
    let key = opened.key
    switch key.family {
    case .symmetric, .mac:
      throw JSONServiceError(
        "UnsupportedOperationException",
        "\(key.arn) key spec is \(key.spec) which is not valid for GetPublicKey.")
    case .rsa, .curve: break
    }
    guard let pair = AsymmetricKey(der: opened.material) else {
      throw JSONServiceError("KMSInternalException", "", status: 500)
    }
    var answer: JSONValue = [
      "KeyId": .string(key.arn), "PublicKey": .string(Base64.standard.encode(pair.publicDER)),
      "CustomerMasterKeySpec": .string(key.spec), "KeySpec": .string(key.spec),
      "KeyUsage": .string(key.usage.rawValue),
    ]
    for (name, algorithms) in [
      ("EncryptionAlgorithms", key.encryptionAlgorithms),
      ("SigningAlgorithms", key.signingAlgorithms),
    ] where !algorithms.isEmpty {
      answer[name] = .array(algorithms.map { .string($0) })
    }
    return answer
  }

  // MARK: - Message authentication codes

  private func code(
    _ input: JSONMembers, for operation: String
  ) async throws -> (key: KMSKey, algorithm: String, code: [UInt8]) {
    let message = try input.blob("Message") ?? []
    let algorithm = try input.required("MacAlgorithm")
    let opened = try await open(try input.required("KeyId"))
    try Self.require(.mac, opened.key, for: operation)
    try Self.require(algorithm, among: opened.key.macAlgorithms, opened.key)
    let code =
      switch algorithm {
      case "HMAC_SHA_224": HMAC<SHA224>.code(for: message, key: opened.material)
      case "HMAC_SHA_384": HMAC<SHA384>.code(for: message, key: opened.material)
      case "HMAC_SHA_512": HMAC<SHA512>.code(for: message, key: opened.material)
      default: HMAC<SHA256>.code(for: message, key: opened.material)
      }
    return (opened.key, algorithm, code)
  }

  func generateMac(_ input: JSONMembers) async throws -> JSONValue {
    let (key, algorithm, code) = try await code(input, for: "GenerateMac")
    return [
      "KeyId": .string(key.arn), "MacAlgorithm": .string(algorithm),
      "Mac": .string(Base64.standard.encode(code)),
    ]
  }

  func verifyMac(_ input: JSONMembers) async throws -> JSONValue {
    let (key, algorithm, code) = try await code(input, for: "VerifyMac")
    guard isEqualInConstantTime(code, try input.blob("Mac") ?? []) else {
      throw JSONServiceError("KMSInvalidMacException", "")
    }
    return ["KeyId": .string(key.arn), "MacAlgorithm": .string(algorithm), "MacValid": true]
  }
}
