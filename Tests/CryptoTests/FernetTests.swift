import Foundation
import Testing

@testable import Crypto

@Suite struct FernetTests {
  private struct File: Decodable {
    struct Case: Decodable {
      let name: String
      let key: String
      let token: String
      let unixTime: Int64
      let ttlSeconds: Int64?
      let expect: String
      let plaintextUTF8: String?
      let plaintextBase64: String?
      let ivHex: HexBytes?

      var plain: [UInt8]? {
        plaintextUTF8.map { Array($0.utf8) }
          ?? plaintextBase64.flatMap { Data(base64Encoded: $0) }.map { [UInt8]($0) }
      }
    }
    let cases: [Case]
  }

  @Test func `agrees with the specification and every tampering`() throws {
    let file: File = try vectors("fernet/tokens.json")
    for test in file.cases {
      let fernet = try? Fernet(keys: [test.key])
      let plain = fernet?.open(test.token, life: test.ttlSeconds, now: test.unixTime)
      #expect((plain != nil) == (test.expect == "accept"), "\(test.name)")
      #expect(plain == nil || plain == test.plain, "\(test.name)")
    }
  }

  @Test func `makes the very tokens of the specification`() throws {
    let file: File = try vectors("fernet/tokens.json")
    var made = 0
    for test in file.cases where test.expect == "accept" {
      guard let iv = test.ivHex?.bytes, let plain = test.plain else { continue }
      let time = try #require(
        Data(base64Encoded: test.token.replacing("-", with: "+").replacing("_", with: "/"))
      )
      .dropFirst().prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
      #expect(try Fernet(keys: [test.key]).token(plain, now: time, iv: iv) == test.token)
      made += 1
    }
    #expect(made > 5)
  }

  @Test func `opens with any of its keys, seals with the first`() throws {
    let keys = (0..<3).map { _ in Base64.paddedURL.encode(Random.bytes(32)) }
    let old = try Fernet(keys: [keys[2]]).token(bytes("old"), now: 1_000)
    let rotated = try Fernet(keys: keys)
    #expect(rotated.open(old, life: 60, now: 1_000) == bytes("old"))
    let new = rotated.token(bytes("new"), now: 1_000)
    #expect(try Fernet(keys: [keys[0]]).open(new, life: nil, now: 5_000) == bytes("new"))
    #expect(try Fernet(keys: [keys[1]]).open(new, life: nil, now: 5_000) == nil)
    #expect(throws: KeyError.self) { try Fernet(keys: []) }
  }

  private struct Group: Decodable {
    struct Case: Decodable {
      let tcId: Int
      let key: HexBytes
      let iv: HexBytes
      let msg: HexBytes
      let ct: HexBytes
      let result: String
    }
    let tests: [Case]
  }

  @Test func `AES-CBC agrees with Wycheproof`() throws {
    let file: Wycheproof<Group> = try vectors("aead/aes-cbc-pkcs7.json")
    for test in file.testGroups.flatMap(\.tests) {
      let plain = AESCBC.decrypt(test.ct.bytes, key: test.key.bytes, iv: test.iv.bytes)
      #expect((plain == test.msg.bytes) == (test.result == "valid"), "case \(test.tcId)")
    }
  }
}
