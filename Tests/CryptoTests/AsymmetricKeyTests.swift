import Crypto
import Testing

@Suite struct AsymmetricKeyTests {
  @Test(arguments: [
    (AsymmetricKey.Kind.curve("P-256"), AsymmetricKey.Hash.sha256, AsymmetricKey.Padding.none),
    (.curve("P-384"), .sha384, .none), (.curve("P-521"), .sha512, .none),
    (.curve("secp256k1"), .sha256, .none), (.rsa(bits: 2048), .sha256, .pss),
    (.rsa(bits: 2048), .sha512, .pkcs1),
  ])
  func `verifies what it signed, also when read again from DER`(
    kind: AsymmetricKey.Kind, hash: AsymmetricKey.Hash, padding: AsymmetricKey.Padding
  ) async throws {
    let key = try #require(await AsymmetricKey.generate(kind))
    let again = try #require(AsymmetricKey(der: key.privateDER))
    let digest = hash.digest(Array("message".utf8))
    #expect(digest.count == hash.count)
    let signature = try #require(key.sign(digest: digest, hash, padding))
    #expect(again.isValid(signature, digest: digest, hash, padding))
    var other = digest
    other[0] ^= 1
    #expect(!again.isValid(signature, digest: other, hash, padding))
    #expect(!again.isValid(Array(signature.dropLast()), digest: digest, hash, padding))
    #expect(key.publicDER == again.publicDER)
  }

  @Test func `opens what was encrypted up to the longest text of RFC 8017`() async throws {
    let key = try #require(await AsymmetricKey.generate(.rsa(bits: 2048)))
    for (hash, most) in [(AsymmetricKey.Hash.sha1, 214), (.sha256, 190)] {
      let plain = [UInt8](repeating: 7, count: most)
      let cipher = try #require(key.encrypt(plain, hash))
      #expect(key.decrypt(cipher, hash) == plain)
      #expect(key.encrypt(plain + [1], hash) == nil)
      var broken = cipher
      broken[9] ^= 1
      #expect(key.decrypt(broken, hash) == nil)
    }
    #expect(key.decrypt([], .sha1) == nil)
  }

  @Test func `reads no key out of anything else`() {
    #expect(AsymmetricKey(der: []) == nil)
    #expect(AsymmetricKey(der: Array("-----BEGIN".utf8)) == nil)
  }

  /// FIPS 180-2 with change notice 1, the example "abc".
  @Test func `SHA-224`() {
    #expect(
      Hex.encode(SHA224.digest("abc"))
        == "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7")
  }
}
