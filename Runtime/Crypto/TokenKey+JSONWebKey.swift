import COpenSSL
package import JSON

extension TokenKey {
  /// A JSON Web Key (RFC 7517), for verifying by `scheme`.
  package init(jwk: JSONValue, scheme: SignatureScheme) throws(KeyError) {
    try TokenKey.checkPurpose(of: jwk, scheme)
    let id = jwk["kid"]?.string
    switch scheme.keyType {
    case "oct": try self.init(secret: TokenKey.number("k", of: jwk), scheme: scheme, id: id)
    case "RSA": self.init(.native(try TokenKey.rsaKey(jwk)), scheme, id: id)
    case "EC": self.init(.native(try TokenKey.p256Key(jwk)), scheme, id: id)
    default: self.init(.native(try TokenKey.ed25519Key(jwk)), scheme, id: id)
    }
  }

  /// The keys of a JSON Web Key Set that are for `scheme`; those for something else are left out.
  ///
  /// A set that mixes secrets with public keys, or has a `kid` twice, is refused as a whole.
  package static func set(jwks: JSONValue, scheme: SignatureScheme) throws(KeyError) -> [TokenKey] {
    guard let members = jwks["keys"]?.array else { throw .malformed("no list of keys") }
    let secrets = members.count { $0["kty"]?.string == "oct" }
    guard secrets == 0 || secrets == members.count else {
      throw .ambiguousSet("secrets beside public keys")
    }
    var names: Set<String> = []
    var keys: [TokenKey] = []
    for member in members {
      if let name = member["kid"]?.string, !names.insert(name).inserted {
        throw .ambiguousSet("two keys are called \(name)")
      }
      do {
        keys.append(try TokenKey(jwk: member, scheme: scheme))
      } catch .otherPurpose {
        continue
      }
    }
    return keys
  }

  private static func checkPurpose(
    of jwk: JSONValue, _ scheme: SignatureScheme
  ) throws(KeyError) {
    guard jwk["kty"]?.string == scheme.keyType else { throw .otherPurpose("kty") }
    if let algorithm = jwk["alg"], algorithm.string != scheme.rawValue {
      throw .otherPurpose("alg")
    }
    if let use = jwk["use"], use.string != "sig" { throw .otherPurpose("use") }
    // RFC 7517, 4.3: unknown operations may stand here and mean nothing to us.
    let foreign: Set<String?> = [
      "encrypt", "decrypt", "wrapKey", "unwrapKey", "deriveKey", "deriveBits",
    ]
    if let operations = jwk["key_ops"]?.array, !operations.isEmpty,
      operations.allSatisfy({ foreign.contains($0.string) })
    {
      throw .otherPurpose("key_ops")
    }
  }

  private static func number(_ name: String, of jwk: JSONValue) throws(KeyError) -> [UInt8] {
    guard let text = jwk[name]?.string, let bytes = Base64.url.decode(text) else {
      throw .malformed(name)
    }
    return bytes
  }

  private static func rsaKey(_ jwk: JSONValue) throws(KeyError) -> NativeKey {
    let modulus = try number("n", of: jwk)
    let exponent = try number("e", of: jwk)
    guard let handle = martlet_rsa_public_key(modulus, modulus.count, exponent, exponent.count)
    else { throw .malformed("n, e") }
    let key = NativeKey(handle)
    guard key.bits >= leastModulusBits else {
      throw .wrongSize(bits: key.bits, least: leastModulusBits)
    }
    guard !hasWeakPattern(modulus) else { throw .weak }
    return key
  }

  private static func p256Key(_ jwk: JSONValue) throws(KeyError) -> NativeKey {
    guard jwk["crv"]?.string == "P-256" else { throw .otherPurpose("crv") }
    let x = try number("x", of: jwk)
    let y = try number("y", of: jwk)
    guard x.count == 32, y.count == 32, let handle = martlet_p256_public_key(x, y) else {
      throw .malformed("x, y")
    }
    return NativeKey(handle)
  }

  private static func ed25519Key(_ jwk: JSONValue) throws(KeyError) -> NativeKey {
    guard jwk["crv"]?.string == "Ed25519" else { throw .otherPurpose("crv") }
    let x = try number("x", of: jwk)
    guard x.count == 32,
      let handle = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, x, x.count)
    else { throw .malformed("x") }
    return NativeKey(handle)
  }

  /// Whether a modulus is, modulo each of the first odd primes, a power of 65,537: Infineon's
  /// library made its primes so (Nemec and others, "The Return of Coppersmith's Attack", 2017).
  private static func hasWeakPattern(_ modulus: [UInt8]) -> Bool {
    let primes: [UInt32] = [
      3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
      101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
    ]
    return primes.allSatisfy { prime in
      let rest = modulus.reduce(UInt32(0)) { ($0 << 8 | UInt32($1)) % prime }
      var power: UInt32 = 1
      for _ in 0..<prime {
        if power == rest { return true }
        power = power * (65_537 % prime) % prime
      }
      return false
    }
  }
}
