import COpenSSL

/// A key that signs or verifies tokens by one scheme, with the name a token's `kid` picks it by.
package struct TokenKey: Sendable {
  /// Below this a modulus can be factored (RFC 7518, 3.3).
  static let leastModulusBits = 2_048

  enum Material: Sendable {
    case secret([UInt8])
    case native(NativeKey)
  }

  package let id: String?
  package let scheme: SignatureScheme
  let material: Material

  /// A secret, at least as long as the scheme's digest.
  package init(
    secret: [UInt8], scheme: SignatureScheme = .hs256, id: String? = nil
  ) throws(KeyError) {
    guard scheme.isSymmetric else { throw .otherPurpose("\(scheme.rawValue) takes no secret") }
    guard secret.count >= scheme.leastSecretBytes else {
      throw .wrongSize(bits: secret.count * 8, least: scheme.leastSecretBytes * 8)
    }
    self.id = id
    self.scheme = scheme
    material = .secret(secret)
  }

  /// An RSA private key as PEM text (a service account's `private_key`), for signing.
  package init(
    privateKeyPEM pem: String, scheme: SignatureScheme = .rs256, id: String? = nil
  ) throws(KeyError) {
    let bytes = Array(pem.utf8)
    guard let handle = martlet_private_key(bytes, bytes.count) else {
      throw .malformed("no private key in PEM form")
    }
    let key = NativeKey(handle)
    guard scheme.keyType == "RSA", key.isRSA else {
      throw .otherPurpose("only RSA keys sign here")
    }
    guard key.bits >= TokenKey.leastModulusBits else {
      throw .wrongSize(bits: key.bits, least: TokenKey.leastModulusBits)
    }
    self.id = id
    self.scheme = scheme
    material = .native(key)
  }

  /// A new RSA private key of 2,048 bits as PEM text; takes about 100 ms. nil when none can be made.
  package static func newPrivateKeyPEM() -> String? {
    let capacity = 4_096
    let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      count = martlet_new_rsa_key(
        UInt32(leastModulusBits), buffer.baseAddress, capacity)
    }
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }

  init(_ material: Material, _ scheme: SignatureScheme, id: String?) {
    self.material = material
    self.scheme = scheme
    self.id = id
  }

  func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
    switch material {
    case .native(let key):
      return key.isValid(signature, for: message, scheme)
    case .secret(let secret):
      return switch scheme {
      case .hs512: HMAC<SHA512>.isValid(signature, for: message, key: secret)
      case .hs384: HMAC<SHA384>.isValid(signature, for: message, key: secret)
      default: HMAC<SHA256>.isValid(signature, for: message, key: secret)
      }
    }
  }

  func sign(_ message: [UInt8]) throws(KeyError) -> [UInt8] {
    switch material {
    case .native(let key):
      guard let signature = key.sign(message, scheme) else {
        throw .otherPurpose("a public key cannot sign")
      }
      return signature
    case .secret(let secret):
      return switch scheme {
      case .hs512: HMAC<SHA512>.code(for: message, key: secret)
      case .hs384: HMAC<SHA384>.code(for: message, key: secret)
      default: HMAC<SHA256>.code(for: message, key: secret)
      }
    }
  }
}
