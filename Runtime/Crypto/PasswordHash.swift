import COpenSSL

/// Why a password cannot be hashed.
package enum PasswordError: Error, Equatable {
  case tooLong(limit: Int)
  /// There was not enough memory.
  case failed
}

/// Hashes of passwords: scrypt for new ones; bcrypt of other systems is checked, too.
///
/// The text of a hash holds its parameters, `$scrypt$ln=17,r=8,p=1$salt$key`, so that they can grow:
/// ``needsRehash(_:)`` tells at the next login. Hashing takes a third of a second and 128 MB, one at
/// a time, on a thread of its own.
package struct PasswordHash: Sendable {
  /// More work for us than for an attacker lies in longer passwords.
  package static let longestPassword = 1_024
  /// bcrypt reads no further.
  private static let longestForBcrypt = 72

  /// Base-2 logarithm of the cost; OWASP's least is 17 with `r` 8 and `p` 1.
  private let logN: Int
  private let r: Int
  private let p: Int

  package init(logN: Int = 17, r: Int = 8, p: Int = 1) {
    precondition((1...24).contains(logN) && (1...32).contains(r) && (1...16).contains(p))
    self.logN = logN
    self.r = r
    self.p = p
  }

  /// A hash of `password` with a new salt.
  package func hash(_ password: String) async throws(PasswordError) -> String {
    let bytes = Array(password.utf8)
    guard bytes.count <= Self.longestPassword else { throw .tooLong(limit: Self.longestPassword) }
    let salt = Random.bytes(16)
    let key = await SlowWork.shared.run { Scrypt(logN, r, p).derive(bytes, salt, 32) }
    guard let key else { throw .failed }
    return "$scrypt$ln=\(logN),r=\(r),p=\(p)$\(Self.base64(salt))$\(Self.base64(key))"
  }

  /// Whether `password` is the one of `hash`. A hash of no known form is nobody's.
  ///
  /// For an account that does not exist, ask with ``decoy`` and throw the answer away: then nobody
  /// can tell by the time taken.
  package func isValid(_ password: String, for hash: String) async -> Bool {
    await isValid(Array(password.utf8), for: hash)
  }

  func isValid(_ password: [UInt8], for hash: String) async -> Bool {
    guard password.count <= Self.longestPassword else { return false }
    if let known = KnownScrypt(hash) {
      let key = await SlowWork.shared.run {
        known.cost.derive(password, known.salt, known.key.count)
      }
      return key.map { isEqualInConstantTime($0, known.key) } ?? false
    }
    guard Self.isBcrypt(hash), password.count <= Self.longestForBcrypt, !password.contains(0)
    else { return false }
    return await SlowWork.shared.run {
      var result = [CChar](repeating: 0, count: 384)
      let text = password.map { CChar(bitPattern: $0) } + [0]
      guard martlet_crypt(text, hash, &result) == 1 else { return false }
      let made = result.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      return isEqualInConstantTime(made, Array(hash.utf8))
    }
  }

  /// Whether a hash was made with less work than new ones are: make it anew while the password is
  /// at hand.
  package func needsRehash(_ hash: String) -> Bool {
    guard let known = KnownScrypt(hash) else { return true }
    return known.cost.logN < logN || known.cost.r < r || known.cost.p < p
  }

  /// A hash of no password, as costly as new ones.
  package var decoy: String {
    let zeros = [UInt8](repeating: 0, count: 32)
    return "$scrypt$ln=\(logN),r=\(r),p=\(p)$\(Self.base64(Array(zeros.prefix(16))))"
      + "$\(Self.base64(zeros))"
  }

  /// Base 64 without padding, as the PHC string format has it.
  private static func base64(_ bytes: [UInt8]) -> String {
    String(Base64.standard.encode(bytes).prefix { $0 != "=" })
  }

  /// `$2b$12$` and 53 characters; costs over 15 take seconds.
  private static func isBcrypt(_ hash: String) -> Bool {
    let bytes = Array(hash.utf8)
    guard bytes.count == 60,
      hash.hasPrefix("$2a$") || hash.hasPrefix("$2b$") || hash.hasPrefix("$2y$"),
      bytes[6] == 0x24, let cost = Int(String(decoding: bytes[4..<6], as: UTF8.self))
    else { return false }
    return (4...15).contains(cost)
  }
}

/// The work that a hash takes.
private struct Scrypt: Sendable {
  let logN: Int
  let r: Int
  let p: Int

  init(_ logN: Int, _ r: Int, _ p: Int) {
    self.logN = logN
    self.r = r
    self.p = p
  }

  func derive(_ password: [UInt8], _ salt: [UInt8], _ count: Int) -> [UInt8]? {
    let key = [UInt8](unsafeUninitializedCapacity: count) { key, written in
      let isDone = martlet_scrypt(
        password, password.count, salt, salt.count, 1 << UInt64(logN), UInt64(r), UInt64(p),
        key.baseAddress, count)
      written = isDone == 1 ? count : 0
    }
    return key.isEmpty ? nil : key
  }
}

/// A hash taken apart. Parameters that would take more than 512 MB or 16 times the usual work are
/// refused: a stored hash must not be able to stop us.
private struct KnownScrypt: Sendable {
  let cost: Scrypt
  let salt: [UInt8]
  let key: [UInt8]

  init?(_ hash: String) {
    let parts = hash.utf8.split(separator: 0x24, omittingEmptySubsequences: false)
      .map { String(Substring($0)) }
    guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt" else { return nil }
    var numbers: [String: Int] = [:]
    for field in parts[2].split(separator: ",") {
      let pair = field.split(separator: "=", omittingEmptySubsequences: false)
      guard pair.count == 2 else { return nil }
      numbers[String(pair[0])] = Int(pair[1])
    }
    guard numbers.count == 3, let logN = numbers["ln"], let r = numbers["r"],
      let p = numbers["p"], (1...24).contains(logN), (1...32).contains(r), (1...16).contains(p),
      128 * r << logN <= 512 << 20, p * r << logN <= 16 * 8 << 17,
      let salt = KnownScrypt.bytes(parts[3]), let key = KnownScrypt.bytes(parts[4]),
      (8...64).contains(salt.count), (16...64).contains(key.count)
    else { return nil }
    cost = Scrypt(logN, r, p)
    self.salt = salt
    self.key = key
  }

  private static func bytes(_ text: String) -> [UInt8]? {
    Base64.standard.decode(text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4))
  }
}
