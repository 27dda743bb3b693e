import COpenSSL

/// A way of signing, named as JOSE names it (RFC 7518, 3.1; RFC 8037, 3.1).
package enum SignatureScheme: String, Sendable, CaseIterable {
  case hs256 = "HS256"
  case hs384 = "HS384"
  case hs512 = "HS512"
  case rs256 = "RS256"
  case rs384 = "RS384"
  case rs512 = "RS512"
  case ps256 = "PS256"
  case ps384 = "PS384"
  case ps512 = "PS512"
  case es256 = "ES256"
  case edDSA = "EdDSA"

  /// Whether the same secret signs and verifies.
  package var isSymmetric: Bool {
    switch self {
    case .hs256, .hs384, .hs512: true
    default: false
    }
  }

  /// Bytes a secret has at least: those of the digest (RFC 7518, 3.2).
  var leastSecretBytes: Int {
    switch self {
    case .hs512: 64
    case .hs384: 48
    default: 32
    }
  }

  /// The `kty` of its keys (RFC 7518, 6.1; RFC 8037, 2).
  var keyType: String {
    switch self {
    case .hs256, .hs384, .hs512: "oct"
    case .es256: "EC"
    case .edDSA: "OKP"
    default: "RSA"
    }
  }

  var padding: martlet_padding {
    switch self {
    case .rs256, .rs384, .rs512: martlet_padding_pkcs1
    case .ps256, .ps384, .ps512: martlet_padding_pss
    default: martlet_padding_none
    }
  }

  /// OpenSSL's digest; nil for Ed25519, which has its own.
  var digest: OpaquePointer? {
    switch self {
    case .hs256, .rs256, .ps256, .es256: EVP_sha256()
    case .hs384, .rs384, .ps384: EVP_sha384()
    case .hs512, .rs512, .ps512: EVP_sha512()
    case .edDSA: nil
    }
  }
}

/// Why something is no key for a scheme.
package enum KeyError: Error, Equatable {
  /// A secret, modulus or coordinate of the wrong size.
  case wrongSize(bits: Int, least: Int)
  /// The numbers make no key of this kind (a point off the curve, unreadable PEM, …).
  case malformed(String)
  /// A key for something else: another `kty`, `alg`, `use`, `key_ops` or curve.
  case otherPurpose(String)
  /// A modulus with the pattern of CVE-2017-15361 (ROCA): its factors can be found.
  case weak
  /// Two keys of a set have one `kid`, or secrets and public keys stand in one set.
  case ambiguousSet(String)
}

/// An OpenSSL key, freed with its last user.
///
/// `@unchecked` holds because nothing changes the key after `init`, and OpenSSL lets many threads
/// sign and verify with one key.
final class NativeKey: @unchecked Sendable {
  private let handle: OpaquePointer

  /// Takes over `handle`.
  init(_ handle: OpaquePointer) {
    self.handle = handle
  }

  deinit { EVP_PKEY_free(handle) }

  var bits: Int { Int(martlet_key_bits(handle)) }

  var isRSA: Bool { EVP_PKEY_get_base_id(handle) == EVP_PKEY_RSA }

  func isValid(_ signature: [UInt8], for message: [UInt8], _ scheme: SignatureScheme) -> Bool {
    var signature = signature
    if scheme == .es256 {
      guard let der = NativeKey.der(signature) else { return false }
      signature = der
    }
    return martlet_verify(
      handle, scheme.digest, scheme.padding, signature, signature.count, message, message.count)
      == 1
  }

  /// Nil when the key cannot sign so (a public key, one of another kind).
  func sign(_ message: [UInt8], _ scheme: SignatureScheme) -> [UInt8]? {
    let capacity = 1_024  // RSA with 8,192 bits
    let signature = [UInt8](unsafeUninitializedCapacity: capacity) { bytes, count in
      count = martlet_sign(
        handle, scheme.digest, scheme.padding, bytes.baseAddress, capacity, message, message.count)
    }
    return signature.isEmpty ? nil : signature
  }

  /// OpenSSL's form of `r` and `s` in 64 bytes (RFC 7518, 3.4).
  private static func der(_ signature: [UInt8]) -> [UInt8]? {
    guard signature.count == 64 else { return nil }
    let der = [UInt8](unsafeUninitializedCapacity: 72) { bytes, count in
      count = martlet_ecdsa_der(signature, bytes.baseAddress)
    }
    return der.isEmpty ? nil : der
  }
}
