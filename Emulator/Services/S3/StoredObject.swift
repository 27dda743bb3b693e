import Crypto
import JSON

/// A version of an object as the database holds it.
struct StoredObject: Sendable {
  /// Where the bytes are.
  enum Body: Sendable {
    case bytes([UInt8])
    case file(String)

    var file: String? {
      if case .file(let name) = self { name } else { nil }
    }
  }

  var id = 0
  var key: String
  /// `null` in a bucket without versioning.
  var version = "null"
  var isLatest = true
  /// A version that says the object was deleted.
  var isMarker = false
  var size = 0
  /// Without quotes.
  var eTag = ""
  /// Unix milliseconds.
  var modified = 0
  var details = ObjectDetails()
  var body = Body.bytes([])
  /// When its bucket's rules let it end, as answers say it; not stored.
  var expiration: String?

  /// Takes over the bytes that were received.
  mutating func take(_ received: ReceivedBody) {
    size = received.size
    eTag = Hex.encode(received.md5)
    body = received.body
  }
}

/// What is kept with an object besides its bytes.
struct ObjectDetails: Sendable, Equatable {
  /// Response headers and `x-amz-meta-…`, in the order of the request.
  var headers: [Pair] = []
  var tags: [Pair] = []
  var checksum: Checksum?
  /// Sizes of the parts of an object that was uploaded in parts.
  var parts: [Int] = []
  /// The parts' checksums, when the client chose an algorithm.
  var partSums: [String] = []
  /// The upload that made it, so that completing twice gives one answer.
  var upload: String?
  /// nil stands for the owner alone.
  var access: AccessControl?
  /// Until when this version cannot be deleted.
  var retention: ObjectLock.Retention?
  /// Whether it cannot be deleted until that is taken back; nil when it was never said.
  var isHeld: Bool?
  /// Until when a copy of an archived object is at hand, in Unix milliseconds.
  var restoredUntil: Int?

  struct Pair: Sendable, Equatable {
    var name: String
    var value: String
  }

  func header(_ name: String) -> String? {
    headers.first { $0.name == name }?.value
  }
}

extension ObjectDetails {
  var encoded: String {
    var members: [(String, JSONValue)] = []
    if !headers.isEmpty { members.append(("h", Self.array(headers))) }
    if !tags.isEmpty { members.append(("t", Self.array(tags))) }
    if let checksum {
      members.append(
        (
          "c",
          .array([
            .string(checksum.algorithm.rawValue), .string(checksum.value),
            .bool(checksum.isComposite),
          ])
        ))
    }
    if !parts.isEmpty { members.append(("p", .array(parts.map { .int($0) }))) }
    if !partSums.isEmpty { members.append(("q", .array(partSums.map { .string($0) }))) }
    if let upload { members.append(("u", .string(upload))) }
    if let access { members.append(("a", access.stored)) }
    if let retention {
      members.append(("l", .array([.string(retention.mode.rawValue), .int(retention.until)])))
    }
    if let isHeld { members.append(("o", .bool(isHeld))) }
    if let restoredUntil { members.append(("r", .int(restoredUntil))) }
    return JSONValue.object(JSONObject(members)).description
  }

  init(encoded: String) {
    guard let value = try? JSONValue(parsing: encoded) else { return }
    headers = Self.pairs(value["h"])
    tags = Self.pairs(value["t"])
    parts = value["p"]?.array?.compactMap(\.int) ?? []
    partSums = value["q"]?.array?.compactMap(\.string) ?? []
    upload = value["u"]?.string
    access = AccessControl(stored: value["a"])
    if let lock = value["l"]?.array, lock.count == 2, let until = lock[1].int,
      let mode = lock[0].string.flatMap(ObjectLock.Mode.init(rawValue:))
    {
      retention = ObjectLock.Retention(mode: mode, until: until)
    }
    isHeld = value["o"]?.bool
    restoredUntil = value["r"]?.int
    if let sum = value["c"]?.array, sum.count == 3, let name = sum[0].string,
      let algorithm = ChecksumAlgorithm(rawValue: name), let text = sum[1].string
    {
      checksum = Checksum(
        algorithm: algorithm, value: text, isComposite: sum[2].bool ?? false)
    }
  }

  private static func array(_ pairs: [Pair]) -> JSONValue {
    .array(pairs.flatMap { [.string($0.name), .string($0.value)] })
  }

  private static func pairs(_ value: JSONValue?) -> [Pair] {
    let texts = value?.array?.compactMap(\.string) ?? []
    return stride(from: 0, to: texts.count - 1, by: 2).map {
      Pair(name: texts[$0], value: texts[$0 + 1])
    }
  }
}
