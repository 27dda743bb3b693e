import Crypto
import JSON

/// A key's metadata; its material lies apart.
struct KMSKey: Sendable {
  /// What a key of this kind can do.
  ///
  /// Source: KMS developer guide, "Key spec reference".
  enum Family: Sendable, Equatable {
    case symmetric
    case rsa(bits: Int32)
    case curve(String, AsymmetricKey.Hash)
    case mac(bytes: Int)
  }

  enum Usage: String, Sendable {
    case encrypt = "ENCRYPT_DECRYPT"
    case sign = "SIGN_VERIFY"
    case mac = "GENERATE_VERIFY_MAC"
  }

  struct Rotation: Sendable {
    /// Unix seconds.
    let date: Double
    let isOnDemand: Bool
  }

  let id: String
  let arn: String
  let spec: String
  let usage: Usage
  /// Unix seconds.
  let created: Double
  let isMultiRegion: Bool
  /// One that a service made for itself (`alias/aws/…`).
  let isManaged: Bool
  var description = ""
  var isEnabled = true
  /// When it is to be deleted; nil for one that is in use.
  var deletion: Double?
  var policy: String
  var tags = ResourceTags()
  /// Days between automatic rotations; nil when there are none.
  var rotationPeriod: Int?
  var rotationEnabled: Double?
  var rotations: [Rotation] = []

  static let families: [String: Family] = [
    "SYMMETRIC_DEFAULT": .symmetric,
    "RSA_2048": .rsa(bits: 2048), "RSA_3072": .rsa(bits: 3072), "RSA_4096": .rsa(bits: 4096),
    "ECC_NIST_P256": .curve("P-256", .sha256), "ECC_NIST_P384": .curve("P-384", .sha384),
    "ECC_NIST_P521": .curve("P-521", .sha512), "ECC_SECG_P256K1": .curve("secp256k1", .sha256),
    "HMAC_224": .mac(bytes: 28), "HMAC_256": .mac(bytes: 32), "HMAC_384": .mac(bytes: 48),
    "HMAC_512": .mac(bytes: 64),
  ]

  var family: Family { Self.families[spec] ?? .symmetric }

  var state: String {
    deletion != nil ? "PendingDeletion" : isEnabled ? "Enabled" : "Disabled"
  }

  /// Material made by rotations counts up from 0.
  var materialNumber: Int { rotations.count }

  var nextRotation: Double? {
    guard let rotationPeriod, let rotationEnabled else { return nil }
    let last = rotations.last { !$0.isOnDemand }?.date ?? 0
    return max(last, rotationEnabled) + Double(rotationPeriod) * 86_400
  }

  var encryptionAlgorithms: [String] {
    guard usage == .encrypt else { return [] }
    return family == .symmetric
      ? ["SYMMETRIC_DEFAULT"] : ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]
  }

  var signingAlgorithms: [String] {
    guard usage == .sign else { return [] }
    switch family {
    case .rsa:
      return ["RSASSA_PKCS1_V1_5", "RSASSA_PSS"].flatMap { scheme in
        ["256", "384", "512"].map { "\(scheme)_SHA_\($0)" }
      }
    case .curve(_, .sha384): return ["ECDSA_SHA_384"]
    case .curve(_, .sha512): return ["ECDSA_SHA_512"]
    case .curve: return ["ECDSA_SHA_256"]
    default: return []
    }
  }

  var macAlgorithms: [String] {
    usage == .mac ? ["HMAC_SHA_" + spec.dropFirst(5)] : []
  }

  /// The uses that a spec has, its usual one first.
  static func usages(of family: Family) -> [Usage] {
    switch family {
    case .symmetric: [.encrypt]
    case .rsa: [.encrypt, .sign]
    case .curve: [.sign]
    case .mac: [.mac]
    }
  }

  // MARK: - On the wire

  /// `KeyMetadata`.
  func metadata(account: String, region: String) -> JSONValue {
    var data: JSONValue = [
      "AWSAccountId": .string(account), "KeyId": .string(id), "Arn": .string(arn),
      "CreationDate": .double(created), "Enabled": .bool(isEnabled && deletion == nil),
      "Description": .string(description), "KeyUsage": .string(usage.rawValue),
      "KeyState": .string(state), "Origin": "AWS_KMS",
      "KeyManager": isManaged ? "AWS" : "CUSTOMER", "CustomerMasterKeySpec": .string(spec),
      "KeySpec": .string(spec), "MultiRegion": .bool(isMultiRegion),
    ]
    data["DeletionDate"] = deletion.map { .double($0) }
    for (name, algorithms) in [
      ("EncryptionAlgorithms", encryptionAlgorithms), ("SigningAlgorithms", signingAlgorithms),
      ("MacAlgorithms", macAlgorithms),
    ] where !algorithms.isEmpty {
      data[name] = .array(algorithms.map { .string($0) })
    }
    if isMultiRegion {
      data["MultiRegionConfiguration"] = [
        "MultiRegionKeyType": "PRIMARY",
        "PrimaryKey": ["Arn": .string(arn), "Region": .string(region)], "ReplicaKeys": [],
      ]
    }
    return data
  }

  // MARK: - In the database

  var stored: JSONValue {
    var value: JSONValue = [
      "id": .string(id), "arn": .string(arn), "spec": .string(spec),
      "usage": .string(usage.rawValue), "created": .double(created),
      "isMultiRegion": .bool(isMultiRegion), "isManaged": .bool(isManaged),
      "description": .string(description), "isEnabled": .bool(isEnabled),
      "policy": .string(policy), "tags": tags.stored,
      "rotations": .array(rotations.map { [.double($0.date), .bool($0.isOnDemand)] }),
    ]
    value["deletion"] = deletion.map { .double($0) }
    value["rotationPeriod"] = rotationPeriod.map { .int($0) }
    value["rotationEnabled"] = rotationEnabled.map { .double($0) }
    return value
  }

  init(
    id: String, arn: String, spec: String, usage: Usage, created: Double, isMultiRegion: Bool,
    isManaged: Bool, policy: String
  ) {
    self.id = id
    self.arn = arn
    self.spec = spec
    self.usage = usage
    self.created = created
    self.isMultiRegion = isMultiRegion
    self.isManaged = isManaged
    self.policy = policy
  }

  /// As ``stored`` wrote it; nil for anything else.
  init?(stored value: JSONValue) {
    guard let id = value["id"]?.string, let arn = value["arn"]?.string,
      let spec = value["spec"]?.string,
      let usage = value["usage"]?.string.flatMap({ Usage(rawValue: $0) })
    else { return nil }
    self.init(
      id: id, arn: arn, spec: spec, usage: usage, created: value["created"]?.double ?? 0,
      isMultiRegion: value["isMultiRegion"]?.bool ?? false,
      isManaged: value["isManaged"]?.bool ?? false, policy: value["policy"]?.string ?? "")
    description = value["description"]?.string ?? ""
    isEnabled = value["isEnabled"]?.bool ?? true
    deletion = value["deletion"]?.double
    tags = ResourceTags(stored: value["tags"])
    rotationPeriod = value["rotationPeriod"]?.int
    rotationEnabled = value["rotationEnabled"]?.double
    rotations = (value["rotations"]?.array ?? []).map {
      Rotation(date: $0[0]?.double ?? 0, isOnDemand: $0[1]?.bool ?? false)
    }
  }
}
