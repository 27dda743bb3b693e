import COpenSSL

/// Fernet tokens: AES-128-CBC with HMAC-SHA-256 and a time, as Python's `cryptography` makes them.
///
/// Source: github.com/fernet/spec. For what other systems have written; ``Seal`` is for our own.
package struct Fernet: Sendable {
  private static let version: UInt8 = 0x80
  /// Version, time, IV, one block, code.
  private static let leastCount = 1 + 8 + 16 + 16 + 32
  /// Seconds by which a token may be from the future.
  private static let clockSkew: Int64 = 60

  private struct Key: Sendable {
    let signing: [UInt8]
    let encryption: [UInt8]
  }

  private let keys: [Key]

  /// Keys as base64url text of 32 bytes: the first one seals, all open.
  package init(keys: [String]) throws(KeyError) {
    guard !keys.isEmpty else { throw .malformed("no key") }
    var list: [Key] = []
    for text in keys {
      guard let bytes = Base64.paddedURL.decode(text) else { throw .malformed("base64url") }
      guard bytes.count == 32 else { throw .wrongSize(bits: bytes.count * 8, least: 256) }
      list.append(Key(signing: Array(bytes[..<16]), encryption: Array(bytes[16...])))
    }
    self.keys = list
  }

  /// The token of `plain`, made at `now` (Unix seconds).
  package func token(_ plain: [UInt8], now: Int64) -> String {
    token(plain, now: now, iv: Random.bytes(16))
  }

  func token(_ plain: [UInt8], now: Int64, iv: [UInt8]) -> String {
    let key = keys[0]
    var token = [Fernet.version]
    withUnsafeBytes(of: now.bigEndian) { token += Array($0) }
    token += iv
    token += [UInt8](unsafeUninitializedCapacity: plain.count + 16) { cipher, count in
      count = martlet_cbc_encrypt(key.encryption, iv, plain, plain.count, cipher.baseAddress)
      // Fails only without memory or with 2 GB of text.
      precondition(count > 0, "AES-CBC failed")
    }
    return Base64.paddedURL.encode(token + HMAC<SHA256>.code(for: token, key: key.signing))
  }

  /// The bytes in a token; nil when it is not authentic, or older than `life` seconds.
  package func open(_ token: String, life: Int64?, now: Int64) -> [UInt8]? {
    guard let bytes = Base64.paddedURL.decode(token), bytes.count >= Fernet.leastCount,
      bytes[0] == Fernet.version
    else { return nil }
    let signed = Array(bytes.dropLast(32))
    let code = Array(bytes.suffix(32))
    let key = keys.first { HMAC<SHA256>.isValid(code, for: signed, key: $0.signing) }
    guard let key else { return nil }
    let time = signed[1..<9].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let made = Int64(exactly: time), made <= now + Fernet.clockSkew else { return nil }
    if let life, now - made > life { return nil }
    let cipher = Array(signed[25...])
    guard cipher.count.isMultiple(of: 16) else { return nil }
    return AESCBC.decrypt(cipher, key: key.encryption, iv: Array(signed[9..<25]))
  }
}

/// The cipher of ``Fernet``, by itself for known answers. Never use it without a code around it.
enum AESCBC {
  /// Nil when the padding is wrong.
  static func decrypt(_ cipher: [UInt8], key: [UInt8], iv: [UInt8]) -> [UInt8]? {
    guard iv.count == 16 else { return nil }
    var isValid = false
    let plain = [UInt8](unsafeUninitializedCapacity: cipher.count + 16) { plain, count in
      let written = martlet_cbc_decrypt(
        key, key.count, iv, cipher, cipher.count, plain.baseAddress)
      isValid = written >= 0
      count = max(written, 0)
    }
    return isValid ? plain : nil
  }
}
