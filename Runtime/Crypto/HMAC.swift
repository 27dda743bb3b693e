import COpenSSL

/// A keyed digest (RFC 2104).
///
/// A value keeps the key's first block hashed: copy one to authenticate many messages with a key.
package struct HMAC<Hash: HashFunction>: Sendable {
  private var inner = Hash()
  private var outer = Hash()

  package init(key: [UInt8]) {
    var block = key.count > Hash.blockSize ? Hash.digest(key) : key
    block.append(contentsOf: repeatElement(0, count: Hash.blockSize - block.count))
    inner.update(block.map { $0 ^ 0x36 })
    outer.update(block.map { $0 ^ 0x5C })
  }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) { inner.update(bytes) }
  package mutating func update(_ bytes: [UInt8]) { inner.update(bytes) }
  package mutating func update(_ bytes: ArraySlice<UInt8>) { inner.update(bytes) }
  package mutating func update(_ text: String) { inner.update(text) }

  /// The code of everything so far. The value is spent afterwards.
  package mutating func finish() -> [UInt8] {
    outer.update(inner.finish())
    return outer.finish()
  }

  package static func code(for message: [UInt8], key: [UInt8]) -> [UInt8] {
    var mac = HMAC(key: key)
    mac.update(message)
    return mac.finish()
  }

  package static func code(for message: String, key: [UInt8]) -> [UInt8] {
    var mac = HMAC(key: key)
    mac.update(message)
    return mac.finish()
  }

  /// Whether `code` is the one of `message`; takes the same time wherever they differ.
  package static func isValid(_ code: [UInt8], for message: [UInt8], key: [UInt8]) -> Bool {
    isEqualInConstantTime(code, Self.code(for: message, key: key))
  }
}

/// Whether two secrets are equal, without telling by the time taken where they differ.
///
/// Their lengths are not kept secret.
package func isEqualInConstantTime(_ one: [UInt8], _ other: [UInt8]) -> Bool {
  guard one.count == other.count else { return false }
  return one.withUnsafeBytes { one in
    other.withUnsafeBytes { other in
      guard let first = one.baseAddress, let second = other.baseAddress else { return true }
      return CRYPTO_memcmp(first, second, one.count) == 0
    }
  }
}

/// Whether two secret texts are equal, byte for byte, as ``isEqualInConstantTime(_:_:)``.
package func isEqualInConstantTime(_ one: String, _ other: String) -> Bool {
  isEqualInConstantTime(Array(one.utf8), Array(other.utf8))
}
