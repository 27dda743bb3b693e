import Crypto
import Testing

/// Values printed in FIPS 180-4's examples, RFC 1321 and RFC 3174.
@Suite struct DigestTests {
  @Test func `digests what the standards print`() {
    #expect(Hex.encode(MD5.digest("")) == "d41d8cd98f00b204e9800998ecf8427e")
    #expect(Hex.encode(MD5.digest("message digest")) == "f96b697d7cb7938d525a2f31aaf161d0")
    #expect(Hex.encode(SHA1.digest("abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d")
    #expect(
      Hex.encode(SHA256.digest("abc"))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      Hex.encode(SHA256.digest([UInt8]()))
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      Hex.encode(SHA384.digest("abc")) == """
        cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed\
        8086072ba1e7cc2358baeca134c825a7
        """)
    #expect(
      Hex.encode(SHA512.digest("abc")) == """
        ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
        2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f
        """)
  }

  @Test func `does not care how the bytes are cut`() {
    let message = (0..<300).map { UInt8(truncatingIfNeeded: $0 * 7) }
    for cut in 0...message.count {
      checkCut(SHA256.self, message, at: cut)
      checkCut(SHA512.self, message, at: cut)
      checkCut(MD5.self, message, at: cut)
    }
  }

  private func checkCut<Hash: HashFunction>(_: Hash.Type, _ message: [UInt8], at cut: Int) {
    var hash = Hash()
    hash.update(message[..<cut])
    hash.update(message[cut...])
    #expect(hash.finish() == Hash.digest(message), "\(Hash.self) cut at \(cut)")
  }

  @Test func `a copy goes its own way`() {
    var one = SHA256()
    one.update("ab")
    var other = one
    one.update("c")
    other.update("d")
    #expect(one.finish() == SHA256.digest("abc"))
    #expect(other.finish() == SHA256.digest("abd"))
  }
}

/// The check values of the two polynomials ("123456789") and RFC 3720's examples.
@Suite struct ChecksumTests {
  @Test func `sums what the standards print`() {
    #expect(CRC32.checksum(bytes("123456789")) == 0xCBF4_3926)
    #expect(CRC32.checksum([]) == 0)
    #expect(CRC32C.checksum(bytes("123456789")) == 0xE306_9283)
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.checksum((0..<32).map { UInt8($0) }) == 0x46DD_794E)
  }

  @Test func `does not care how the bytes are cut`() {
    let message = (0..<100).map { UInt8(truncatingIfNeeded: $0 * 31) }
    for cut in 0...message.count {
      var sum = CRC32()
      sum.update(Array(message[..<cut]))
      sum.update(Array(message[cut...]))
      #expect(sum.value == CRC32.checksum(message), "cut at \(cut)")
    }
  }
}
