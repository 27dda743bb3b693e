import Crypto
import Testing

@Suite struct HMACTests {
  private struct Group: Decodable {
    struct Case: Decodable {
      let tcId: Int
      let key: HexBytes
      let msg: HexBytes
      let tag: HexBytes
      let result: String
    }
    let tagSize: Int
    let tests: [Case]
  }

  @Test func `agrees with Wycheproof`() throws {
    try check("mac/hmac-sha1.json", SHA1.self)
    try check("mac/hmac-sha256.json", SHA256.self)
    try check("mac/hmac-sha512.json", SHA512.self)
  }

  private func check<Hash: HashFunction>(_ file: String, _: Hash.Type) throws {
    let groups: Wycheproof<Group> = try vectors(file)
    #expect(!groups.testGroups.isEmpty)
    for group in groups.testGroups {
      for test in group.tests {
        let code = HMAC<Hash>.code(for: test.msg.bytes, key: test.key.bytes)
        let isValid = Array(code.prefix(group.tagSize / 8)) == test.tag.bytes
        #expect(isValid == (test.result == "valid"), "\(file) case \(test.tcId)")
      }
    }
  }

  @Test func `accepts its own code only whole`() {
    let key = bytes("a key")
    let code = HMAC<SHA256>.code(for: bytes("message"), key: key)
    #expect(HMAC<SHA256>.isValid(code, for: bytes("message"), key: key))
    #expect(!HMAC<SHA256>.isValid(code, for: bytes("massage"), key: key))
    #expect(!HMAC<SHA256>.isValid(Array(code.dropLast()), for: bytes("message"), key: key))
    #expect(!HMAC<SHA256>.isValid([], for: bytes("message"), key: key))
  }

  @Test func `a copied key serves many messages`() {
    let keyed = HMAC<SHA256>(key: [UInt8](repeating: 1, count: 200))
    for message in ["", "one", "two"] {
      var mac = keyed
      mac.update(message)
      #expect(
        mac.finish()
          == HMAC<SHA256>.code(for: message, key: [UInt8](repeating: 1, count: 200)))
    }
  }

  @Test func `compares secrets of any length`() {
    #expect(isEqualInConstantTime([UInt8](), []))
    #expect(isEqualInConstantTime("key", "key"))
    #expect(!isEqualInConstantTime("key", "kez"))
    #expect(!isEqualInConstantTime("key", "key "))
  }
}
