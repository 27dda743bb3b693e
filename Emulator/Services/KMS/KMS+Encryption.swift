import Crypto
import JSON
import Storage

/// Encrypting and data keys.
extension KMS {
  /// A key with what it takes to use it.
  struct Opened: Sendable {
    let key: KMSKey
    let material: [UInt8]
  }

  static let invalidCiphertext = JSONServiceError("InvalidCiphertextException", "")

  /// The key that a request names, enabled, with its present material.
  func open(_ name: String) async throws -> Opened {
    let opened = try await read { table in
      let key = try self.usableKey(name, in: table)
      return Opened(key: key, material: try self.material(of: key, in: table))
    }
    guard let next = opened.key.nextRotation, next <= now() else { return opened }
    return try await database.write { connection in
      let table = KeyTable(connection: connection)
      var key = try self.usableKey(name, in: table)
      if let next = key.nextRotation, next <= self.now() {
        try self.rotate(&key, isOnDemand: false, in: table)
        try table.save(key)
      }
      return Opened(key: key, material: try self.material(of: key, in: table))
    }
  }

  private func material(of key: KMSKey, in table: KeyTable) throws -> [UInt8] {
    guard let material = try table.material(of: key.id, key.materialNumber) else {
      throw JSONServiceError("KeyUnavailableException", "\(key.arn) has no material", status: 500)
    }
    return material
  }

  static func require(_ usage: KMSKey.Usage, _ key: KMSKey, for operation: String) throws {
    guard key.usage == usage else {
      throw JSONServiceError(
        "InvalidKeyUsageException",
        "\(key.arn) key usage is \(key.usage.rawValue) which is not valid for \(operation).")
    }
  }

  static func require(_ algorithm: String, among known: [String], _ key: KMSKey) throws {
    guard known.contains(algorithm) else {
      throw JSONServiceError(
        "InvalidKeyUsageException",
        "Algorithm \(algorithm) is incompatible with key spec \(key.spec).")
    }
  }

  /// The pairs of a context in one order, so that two equal ones are one.
  static func context(_ input: JSONMembers, _ name: String) throws -> [String] {
    let pairs = try input.texts(name) ?? []
    return context(pairs)
  }

  static func context(_ pairs: [(key: String, value: String)]) -> [String] {
    pairs.sorted { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }
      .flatMap { [$0.key, $0.value] }
  }

  func encrypt(_ input: JSONMembers) async throws -> JSONValue {
    let plain = try input.blob("Plaintext") ?? []
    let algorithm = try input.string("EncryptionAlgorithm") ?? "SYMMETRIC_DEFAULT"
    let context = try Self.context(input, "EncryptionContext")
    let opened = try await open(try input.required("KeyId"))
    try Self.require(.encrypt, opened.key, for: "Encrypt")
    let cipher = try Self.encrypt(plain, with: opened, algorithm, context)
    return [
      "CiphertextBlob": .string(Base64.standard.encode(cipher)),
      "KeyId": .string(opened.key.arn), "EncryptionAlgorithm": .string(algorithm),
    ]
  }

  private static func encrypt(
    _ plain: [UInt8], with opened: Opened, _ algorithm: String, _ context: [String]
  ) throws -> [UInt8] {
    let key = opened.key
    try require(algorithm, among: key.encryptionAlgorithms, key)
    guard case .rsa(let bits) = key.family else {
      let name = "\(key.id)#\(key.materialNumber)"
      return try Seal(keys: [name: opened.material], current: name).seal(plain, context: context)
    }
    let hash: AsymmetricKey.Hash = algorithm == "RSAES_OAEP_SHA_1" ? .sha1 : .sha256
    let most = Int(bits) / 8 - 2 * hash.count - 2
    guard plain.count <= most else {
      throw JSONServiceError.validation(
        "Algorithm \(algorithm) and key spec \(key.spec) cannot encrypt data larger than \(most) "
          + "bytes.")
    }
    guard let cipher = AsymmetricKey(der: opened.material)?.encrypt(plain, hash) else {
      throw JSONServiceError("KMSInternalException", "", status: 500)
    }
    return cipher
  }

  /// What is in a ciphertext, and the key that opened it.
  private func decrypt(
    _ cipher: [UInt8], keyName: String?, _ algorithm: String, _ context: [String],
    operation: String
  ) async throws -> (plain: [UInt8], key: KMSKey) {
    if algorithm != "SYMMETRIC_DEFAULT" {
      guard let keyName else {
        throw JSONServiceError.validation(
          "KeyId is required when the ciphertext was encrypted by an asymmetric KMS key")
      }
      let opened = try await open(keyName)
      try Self.require(.encrypt, opened.key, for: operation)
      try Self.require(algorithm, among: opened.key.encryptionAlgorithms, opened.key)
      let hash: AsymmetricKey.Hash = algorithm == "RSAES_OAEP_SHA_1" ? .sha1 : .sha256
      guard let plain = AsymmetricKey(der: opened.material)?.decrypt(cipher, hash) else {
        throw Self.invalidCiphertext
      }
      return (plain, opened.key)
    }
    let name = Seal.keyID(of: cipher)
    let parts = name.map { $0.split(separator: "#") } ?? []
    let found = try await read { table -> (key: KMSKey, material: [UInt8]?) in
      let number = parts.count == 2 ? Int(parts[1]) : nil
      guard let keyName else {
        guard let number, let key = try? self.key(String(parts[0]), in: table) else {
          throw Self.invalidCiphertext
        }
        let usable = try self.usableKey(key.id, in: table)
        return (usable, try table.material(of: usable.id, number))
      }
      let key = try self.usableKey(keyName, in: table)
      guard let number else {
        try Self.require(.encrypt, key, for: operation)
        throw Self.invalidCiphertext
      }
      guard parts[0] == key.id else {
        throw JSONServiceError(
          "IncorrectKeyException",
          "The key ID in the request does not identify a CMK that can perform this operation.")
      }
      return (key, try table.material(of: key.id, number))
    }
    guard let name, let material = found.material,
      let plain = try? Seal(keys: [name: material], current: name).open(cipher, context: context)
    else { throw Self.invalidCiphertext }
    return (plain, found.key)
  }

  func decrypt(_ input: JSONMembers) async throws -> JSONValue {
    if try input.object("Recipient") != nil { throw Self.refused("Recipient of Decrypt") }
    let algorithm = try input.string("EncryptionAlgorithm") ?? "SYMMETRIC_DEFAULT"
    guard let cipher = try input.blob("CiphertextBlob") else { throw Self.invalidCiphertext }
    let (plain, key) = try await decrypt(
      cipher, keyName: try input.string("KeyId"), algorithm,
      try Self.context(input, "EncryptionContext"), operation: "Decrypt")
    return [
      "Plaintext": .string(Base64.standard.encode(plain)), "KeyId": .string(key.arn),
      "EncryptionAlgorithm": .string(algorithm),
    ]
  }

  func reEncrypt(_ input: JSONMembers) async throws -> JSONValue {
    let from = try input.string("SourceEncryptionAlgorithm") ?? "SYMMETRIC_DEFAULT"
    let to = try input.string("DestinationEncryptionAlgorithm") ?? "SYMMETRIC_DEFAULT"
    guard let cipher = try input.blob("CiphertextBlob") else { throw Self.invalidCiphertext }
    let (plain, source) = try await decrypt(
      cipher, keyName: try input.string("SourceKeyId"), from,
      try Self.context(input, "SourceEncryptionContext"), operation: "ReEncryptFrom")
    let target = try await open(try input.required("DestinationKeyId"))
    try Self.require(.encrypt, target.key, for: "ReEncryptTo")
    let context = try Self.context(input, "DestinationEncryptionContext")
    let fresh = try Self.encrypt(plain, with: target, to, context)
    return [
      "CiphertextBlob": .string(Base64.standard.encode(fresh)),
      "SourceKeyId": .string(source.arn), "KeyId": .string(target.key.arn),
      "SourceEncryptionAlgorithm": .string(from), "DestinationEncryptionAlgorithm": .string(to),
    ]
  }

  func generateDataKey(_ input: JSONMembers, _ operation: String) async throws -> JSONValue {
    if try input.object("Recipient") != nil { throw Self.refused("Recipient of \(operation)") }
    let (spec, count) = (try input.string("KeySpec"), try input.int("NumberOfBytes"))
    guard (spec == nil) != (count == nil) else {
      throw JSONServiceError.validation("Please specify either number of bytes or key spec.")
    }
    let plain = Random.bytes(count ?? (spec == "AES_128" ? 16 : 32))
    var answer = try await wrap(plain, input, operation, as: "CiphertextBlob")
    if operation == "GenerateDataKey" {
      answer["Plaintext"] = .string(Base64.standard.encode(plain))
    }
    return answer
  }

  func generateDataKeyPair(_ input: JSONMembers, _ operation: String) async throws -> JSONValue {
    if try input.object("Recipient") != nil { throw Self.refused("Recipient of \(operation)") }
    let spec = try input.required("KeyPairSpec")
    guard let family = KMSKey.families[spec] else {
      throw JSONServiceError(
        "UnsupportedOperationException", "KeyPairSpec \(spec) is not supported in this region")
    }
    // The wrapping key first: making a pair takes long.
    let wrapping = try await open(try input.required("KeyId"))
    try Self.require(.encrypt, wrapping.key, for: operation)
    guard let pair = AsymmetricKey(der: try await Self.newMaterial(family)) else {
      throw JSONServiceError("KMSInternalException", "", status: 500)
    }
    let plain = pair.privateDER
    var answer = try await wrap(plain, input, operation, as: "PrivateKeyCiphertextBlob")
    answer["PublicKey"] = .string(Base64.standard.encode(pair.publicDER))
    answer["KeyPairSpec"] = .string(spec)
    if operation == "GenerateDataKeyPair" {
      answer["PrivateKeyPlaintext"] = .string(Base64.standard.encode(plain))
    }
    return answer
  }

  private func wrap(
    _ plain: [UInt8], _ input: JSONMembers, _ operation: String, as member: String
  ) async throws -> JSONValue {
    let context = try Self.context(input, "EncryptionContext")
    let opened = try await open(try input.required("KeyId"))
    try Self.require(.encrypt, opened.key, for: operation)
    let cipher = try Self.encrypt(plain, with: opened, "SYMMETRIC_DEFAULT", context)
    return [member: .string(Base64.standard.encode(cipher)), "KeyId": .string(opened.key.arn)]
  }

  func generateRandom(_ input: JSONMembers) throws -> JSONValue {
    if try input.object("Recipient") != nil { throw Self.refused("Recipient of GenerateRandom") }
    if try input.string("CustomKeyStoreId") != nil {
      throw Self.refused("CustomKeyStoreId of GenerateRandom")
    }
    guard let count = try input.int("NumberOfBytes") else {
      throw JSONServiceError.validation("NumberOfBytes is required.")
    }
    return ["Plaintext": .string(Base64.standard.encode(Random.bytes(count)))]
  }

  // MARK: - For other services

  /// Seals a text for another service under `keyName`, by default the service's own key.
  func seal(
    _ text: String, keyName: String, context: [(key: String, value: String)]
  ) async throws -> (cipher: [UInt8], keyARN: String) {
    if keyName.hasPrefix("alias/aws/") { _ = try await managedKey(keyName) }
    let opened = try await open(keyName)
    try Self.require(.encrypt, opened.key, for: "Encrypt")
    let cipher = try Self.encrypt(
      Array(text.utf8), with: opened, "SYMMETRIC_DEFAULT", Self.context(context))
    return (cipher, opened.key.arn)
  }

  func unseal(_ cipher: [UInt8], context: [(key: String, value: String)]) async throws -> String {
    let (plain, _) = try await decrypt(
      cipher, keyName: nil, "SYMMETRIC_DEFAULT", Self.context(context), operation: "Decrypt")
    return String(decoding: plain, as: UTF8.self)
  }
}
