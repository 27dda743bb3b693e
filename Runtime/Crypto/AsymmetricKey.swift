import COpenSSL

/// A private key of a key store: it signs, verifies and decrypts, and can be kept as DER.
///
/// `@unchecked` holds because nothing changes the key after it was made, and OpenSSL lets many threads
/// use one key.
package final class AsymmetricKey: @unchecked Sendable {
  package enum Kind: Sendable, Equatable {
    /// Bits of the modulus, 2048 to 4096.
    case rsa(bits: Int32)
    /// OpenSSL's name of the curve.
    case curve(String)
  }

  package enum Hash: Sendable {
    case sha1
    case sha256
    case sha384
    case sha512

    /// Bytes of a digest.
    package var count: Int {
      switch self {
      case .sha1: 20
      case .sha256: 32
      case .sha384: 48
      case .sha512: 64
      }
    }

    package func digest(_ message: [UInt8]) -> [UInt8] {
      switch self {
      case .sha1: SHA1.digest(message)
      case .sha256: SHA256.digest(message)
      case .sha384: SHA384.digest(message)
      case .sha512: SHA512.digest(message)
      }
    }

    fileprivate var native: OpaquePointer? {
      switch self {
      case .sha1: EVP_sha1()
      case .sha256: EVP_sha256()
      case .sha384: EVP_sha384()
      case .sha512: EVP_sha512()
      }
    }
  }

  package enum Padding: Sendable {
    /// ECDSA has none.
    case none
    case pkcs1
    /// With a salt as long as the digest.
    case pss

    fileprivate var native: martlet_padding {
      switch self {
      case .none: martlet_padding_none
      case .pkcs1: martlet_padding_pkcs1
      case .pss: martlet_padding_pss
      }
    }
  }

  /// Bytes that a key of 4,096 bits takes in DER, with room.
  private static let longestDER = 8_192
  /// Bytes of a signature or ciphertext by a key of 4,096 bits, with room.
  private static let longestResult = 1_024

  private let handle: OpaquePointer

  private init(_ handle: OpaquePointer) { self.handle = handle }

  deinit { EVP_PKEY_free(handle) }

  /// Reads a private key in PKCS#8; nil when it is none.
  package convenience init?(der: [UInt8]) {
    guard let handle = martlet_private_key_der(der, der.count) else { return nil }
    self.init(handle)
  }

  /// Makes a key, on a thread of its own: one of 4,096 bits can take seconds.
  package static func generate(_ kind: Kind) async -> AsymmetricKey? {
    await SlowWork.shared.run {
      switch kind {
      case .rsa(let bits): martlet_generate_rsa(bits).map { AsymmetricKey($0) }
      case .curve(let name): martlet_generate_curve(name).map { AsymmetricKey($0) }
      }
    }
  }

  /// PKCS#8; empty only without memory.
  package var privateDER: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.longestDER) { bytes, count in
      count = martlet_private_der(handle, bytes.baseAddress, Self.longestDER)
    }
  }

  /// SubjectPublicKeyInfo (RFC 5280); empty only without memory.
  package var publicDER: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.longestDER) { bytes, count in
      count = martlet_public_der(handle, bytes.baseAddress, Self.longestDER)
    }
  }

  /// Nil when the key cannot sign so.
  package func sign(digest: [UInt8], _ hash: Hash, _ padding: Padding) -> [UInt8]? {
    let signature = [UInt8](unsafeUninitializedCapacity: Self.longestResult) { bytes, count in
      count = martlet_sign_digest(
        handle, hash.native, padding.native, bytes.baseAddress, Self.longestResult, digest,
        digest.count)
    }
    return signature.isEmpty ? nil : signature
  }

  package func isValid(
    _ signature: [UInt8], digest: [UInt8], _ hash: Hash, _ padding: Padding
  ) -> Bool {
    martlet_verify_digest(
      handle, hash.native, padding.native, signature, signature.count, digest, digest.count) == 1
  }

  /// RSAES-OAEP; nil when the text is too long for the key, or the key none of RSA.
  package func encrypt(_ plain: [UInt8], _ hash: Hash) -> [UInt8]? {
    let cipher = [UInt8](unsafeUninitializedCapacity: Self.longestResult) { bytes, count in
      count = martlet_oaep_encrypt(
        handle, hash.native, plain, plain.count, bytes.baseAddress, Self.longestResult)
    }
    return cipher.isEmpty ? nil : cipher
  }

  package func decrypt(_ cipher: [UInt8], _ hash: Hash) -> [UInt8]? {
    var isDone = false
    let plain = [UInt8](unsafeUninitializedCapacity: Self.longestResult) { bytes, count in
      let written = martlet_oaep_decrypt(
        handle, hash.native, cipher, cipher.count, bytes.baseAddress, Self.longestResult)
      isDone = written >= 0
      count = max(0, Int(written))
    }
    return isDone ? plain : nil
  }
}
