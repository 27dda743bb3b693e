import COpenSSL

/// A hash function as a value: feed it bytes in any pieces, then ask for the digest.
///
/// Copying a value copies its state, so that a common beginning is hashed once.
package protocol HashFunction: Sendable {
  /// Bytes the function works on at once (what HMAC pads its key to).
  static var blockSize: Int { get }
  /// Bytes of a digest.
  static var byteCount: Int { get }

  init()
  mutating func update(_ bytes: UnsafeRawBufferPointer)
  /// The digest of everything so far. The value is spent afterwards.
  mutating func finish() -> [UInt8]
}

extension HashFunction {
  @inlinable
  package mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }

  @inlinable
  package mutating func update(_ bytes: ArraySlice<UInt8>) {
    bytes.withUnsafeBytes { update($0) }
  }

  @inlinable
  package mutating func update(_ text: String) {
    var text = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
  }

  @inlinable
  package static func digest(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var hash = Self()
    hash.update(bytes)
    return hash.finish()
  }

  @inlinable
  package static func digest(_ bytes: [UInt8]) -> [UInt8] {
    bytes.withUnsafeBytes { digest($0) }
  }

  @inlinable
  package static func digest(_ text: String) -> [UInt8] {
    var hash = Self()
    hash.update(text)
    return hash.finish()
  }
}

/// SHA-256 (FIPS 180-4).
package struct SHA256: HashFunction {
  package static let blockSize = 64
  package static let byteCount = 32
  private var state = SHA256_CTX()

  package init() { SHA256_Init(&state) }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    SHA256_Update(&state, bytes.baseAddress, bytes.count)
  }

  package mutating func finish() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.byteCount) { digest, count in
      SHA256_Final(digest.baseAddress, &state)
      count = Self.byteCount
    }
  }
}

/// SHA-224 (FIPS 180-4).
package struct SHA224: HashFunction {
  package static let blockSize = 64
  package static let byteCount = 28
  private var state = SHA256_CTX()

  package init() { SHA224_Init(&state) }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    SHA224_Update(&state, bytes.baseAddress, bytes.count)
  }

  package mutating func finish() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.byteCount) { digest, count in
      SHA224_Final(digest.baseAddress, &state)
      count = Self.byteCount
    }
  }
}

/// SHA-384 (FIPS 180-4).
package struct SHA384: HashFunction {
  package static let blockSize = 128
  package static let byteCount = 48
  private var state = SHA512_CTX()

  package init() { SHA384_Init(&state) }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    SHA384_Update(&state, bytes.baseAddress, bytes.count)
  }

  package mutating func finish() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.byteCount) { digest, count in
      SHA384_Final(digest.baseAddress, &state)
      count = Self.byteCount
    }
  }
}

/// SHA-512 (FIPS 180-4).
package struct SHA512: HashFunction {
  package static let blockSize = 128
  package static let byteCount = 64
  private var state = SHA512_CTX()

  package init() { SHA512_Init(&state) }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    SHA512_Update(&state, bytes.baseAddress, bytes.count)
  }

  package mutating func finish() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.byteCount) { digest, count in
      SHA512_Final(digest.baseAddress, &state)
      count = Self.byteCount
    }
  }
}

/// SHA-1, for protocols that prescribe it (the WebSocket handshake, one-time codes, S3 checksums);
/// not for anything that has to withstand a forger.
package struct SHA1: HashFunction {
  package static let blockSize = 64
  package static let byteCount = 20
  private var state = SHA_CTX()

  package init() { SHA1_Init(&state) }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    SHA1_Update(&state, bytes.baseAddress, bytes.count)
  }

  package mutating func finish() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.byteCount) { digest, count in
      SHA1_Final(digest.baseAddress, &state)
      count = Self.byteCount
    }
  }
}

/// MD5, for S3's ETag and `Content-MD5`; not for anything that has to withstand a forger.
package struct MD5: HashFunction {
  package static let blockSize = 64
  package static let byteCount = 16
  private var state = MD5_CTX()

  package init() { MD5_Init(&state) }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    MD5_Update(&state, bytes.baseAddress, bytes.count)
  }

  package mutating func finish() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.byteCount) { digest, count in
      MD5_Final(digest.baseAddress, &state)
      count = Self.byteCount
    }
  }
}
