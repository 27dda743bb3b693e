import COpenSSL

/// Why something sealed cannot be opened.
package enum SealError: Error, Equatable {
  /// Not a sealed value at all, or of a form that this version does not know.
  case malformed
  /// Sealed with a key that is not there (any more).
  case unknownKey(String)
  /// Changed, or moved to another context.
  case notAuthentic
}

/// Encrypts fields at rest so that they open only where they belong: AES-256-GCM (NIST SP 800-38D).
///
/// A sealed value names its key, so that keys can be changed while old values stay readable, and is
/// bound to a context (the tenant, the item, the attribute): moved elsewhere it does not open.
/// Each value is encrypted under a key of its own, derived from a random salt: any number of values
/// may share a named key.
package struct Seal: Sendable {
  private static let version: UInt8 = 1
  private static let saltCount = 16
  private static let tagCount = 16
  private static let nonceCount = 12

  private let keys: [String: [UInt8]]
  private let current: String

  /// Keys of 32 bytes by name (1 to 255 bytes); `current` is the name of the one that seals.
  package init(keys: [String: [UInt8]], current: String) throws(KeyError) {
    for (name, key) in keys {
      guard (1...255).contains(name.utf8.count) else { throw .malformed("name of a key") }
      guard key.count == 32 else { throw .wrongSize(bits: key.count * 8, least: 256) }
    }
    guard keys[current] != nil else { throw .malformed("no key \(current)") }
    self.keys = keys
    self.current = current
  }

  /// The name of the key that a sealed value needs; nil when it is no sealed value.
  package static func keyID(of sealed: [UInt8]) -> String? {
    guard sealed.count > 2, sealed[0] == version, sealed[1] > 0,
      sealed.count >= 2 + Int(sealed[1]) + saltCount + tagCount
    else { return nil }
    return String(validating: sealed[2..<2 + Int(sealed[1])], as: UTF8.self)
  }

  /// `version · length of the name · name · salt · ciphertext · tag`.
  package func seal(_ plain: [UInt8], context: [String]) -> [UInt8] {
    let salt = Random.bytes(Seal.saltCount)
    var sealed = [Seal.version, UInt8(truncatingIfNeeded: current.utf8.count)]
    sealed += Array(current.utf8)
    sealed += salt
    let bound = Seal.bound(sealed, context)
    let (key, nonce) = messageKey(keys[current] ?? [], salt)
    var tag = [UInt8](repeating: 0, count: Seal.tagCount)
    sealed += [UInt8](unsafeUninitializedCapacity: plain.count) { cipher, count in
      let isDone = martlet_gcm_seal(
        key, nonce, bound, bound.count, plain, plain.count, cipher.baseAddress, &tag)
      // Fails only without memory or with 2 GB of text.
      precondition(isDone == 1, "AES-GCM failed")
      count = plain.count
    }
    return sealed + tag
  }

  package func open(_ sealed: [UInt8], context: [String]) throws(SealError) -> [UInt8] {
    guard let name = Seal.keyID(of: sealed) else { throw .malformed }
    guard let named = keys[name] else { throw .unknownKey(name) }
    let start = 2 + name.utf8.count + Seal.saltCount
    let end = sealed.count - Seal.tagCount
    let bound = Seal.bound(Array(sealed[..<start]), context)
    let (key, nonce) = messageKey(named, Array(sealed[(start - Seal.saltCount)..<start]))
    let cipher = Array(sealed[start..<end])
    let plain = AESGCM.open(
      cipher, tag: Array(sealed[end...]), key: key, nonce: nonce, context: bound)
    guard let plain else { throw .notAuthentic }
    return plain
  }

  private func messageKey(_ key: [UInt8], _ salt: [UInt8]) -> (key: [UInt8], nonce: [UInt8]) {
    let derived = HKDF<SHA256>.derive(
      from: key, salt: salt, info: Array("martlet seal 1".utf8), count: 32 + Seal.nonceCount)
    return (Array(derived.prefix(32)), Array(derived.suffix(Seal.nonceCount)))
  }

  /// The head and the parts of the context with their lengths: no two contexts look alike.
  private static func bound(_ head: [UInt8], _ context: [String]) -> [UInt8] {
    var bytes = head
    for part in context {
      withUnsafeBytes(of: UInt64(part.utf8.count).bigEndian) { bytes += Array($0) }
      bytes += Array(part.utf8)
    }
    return bytes
  }
}

/// The cipher of ``Seal``, by itself for known answers.
enum AESGCM {
  /// Nil when the tag does not belong to the rest, or a size is wrong.
  static func open(
    _ cipher: [UInt8], tag: [UInt8], key: [UInt8], nonce: [UInt8], context: [UInt8]
  ) -> [UInt8]? {
    guard tag.count == 16, nonce.count == 12 else { return nil }
    var isAuthentic = false
    let plain = [UInt8](unsafeUninitializedCapacity: max(cipher.count, 1)) { plain, count in
      isAuthentic =
        martlet_gcm_open(
          key, key.count, nonce, context, context.count, cipher, cipher.count, tag,
          plain.baseAddress) == 1
      count = isAuthentic ? cipher.count : 0
    }
    return isAuthentic ? plain : nil
  }
}
