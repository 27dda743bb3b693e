import COpenSSL

/// Keys from other keys: HKDF (RFC 5869).
package enum HKDF<Hash: HashFunction> {
  /// `count` bytes for one purpose, named by `info`; at the most 255 digests' worth.
  package static func derive(
    from key: [UInt8], salt: [UInt8] = [], info: [UInt8], count: Int
  ) -> [UInt8] {
    precondition((0...255 * Hash.byteCount).contains(count), "HKDF gives 255 digests at the most")
    // An absent salt is a block of zeros, which is what an empty HMAC key is, too.
    let expanding = HMAC<Hash>(key: HMAC<Hash>.code(for: key, key: salt))
    var derived: [UInt8] = []
    var block: [UInt8] = []
    var number: UInt8 = 1
    while derived.count < count {
      var mac = expanding
      mac.update(block)
      mac.update(info)
      mac.update([number])
      block = mac.finish()
      derived += block
      number &+= 1
    }
    return Array(derived.prefix(count))
  }
}

/// Keys from passwords: PBKDF2 with HMAC (RFC 8018, 5.2). Slow on purpose: keep it off a pool's
/// threads.
package enum PBKDF2 {
  package enum Digest: Sendable {
    case sha1
    case sha256
    case sha512
  }

  /// Nil when `iterations` or `count` is not positive.
  package static func derive(
    from password: [UInt8], salt: [UInt8], iterations: Int, count: Int, digest: Digest
  ) -> [UInt8]? {
    guard iterations > 0, count > 0, let rounds = Int32(exactly: iterations),
      let size = Int32(exactly: count), let passwordSize = Int32(exactly: password.count),
      let saltSize = Int32(exactly: salt.count)
    else { return nil }
    let function =
      switch digest {
      case .sha1: EVP_sha1()
      case .sha256: EVP_sha256()
      case .sha512: EVP_sha512()
      }
    let key = [UInt8](unsafeUninitializedCapacity: count) { key, written in
      let isDone = password.withUnsafeBytes { password in
        PKCS5_PBKDF2_HMAC(
          password.assumingMemoryBound(to: CChar.self).baseAddress, passwordSize, salt, saltSize,
          rounds, function, size, key.baseAddress)
      }
      written = isDone == 1 ? count : 0
    }
    return key.isEmpty ? nil : key
  }
}
