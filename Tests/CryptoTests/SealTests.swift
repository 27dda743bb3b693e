import Testing

@testable import Crypto

@Suite struct SealTests {
  private let keys = ["2026-01": [UInt8](repeating: 1, count: 32), "2026-02": Random.bytes(32)]
  private let context = ["tenant-a", "user-1", "secret"]

  private func seal(_ current: String) throws -> Seal { try Seal(keys: keys, current: current) }

  @Test(arguments: [0, 1, 15, 16, 17, 1_000])
  func `opens what it sealed, in its context`(count: Int) throws {
    let plain = Random.bytes(count)
    let sealed = try seal("2026-01").seal(plain, context: context)
    #expect(try seal("2026-01").open(sealed, context: context) == plain)
    #expect(try seal("2026-01").seal(plain, context: context) != sealed)
  }

  @Test func `does not open elsewhere`() throws {
    let seal = try seal("2026-01")
    let sealed = seal.seal(bytes("hush"), context: context)
    for other in [
      [], ["tenant-a"], ["tenant-auser-1", "secret"], ["tenant-a", "user-1secret"],
      ["tenant-a", "user-1", "secret", ""], ["tenant-b", "user-1", "secret"],
    ] {
      #expect(throws: SealError.notAuthentic, "\(other)") { try seal.open(sealed, context: other) }
    }
  }

  @Test func `notices every changed byte and every cut`() throws {
    let seal = try seal("2026-01")
    let sealed = seal.seal(bytes("hush"), context: context)
    for place in sealed.indices {
      var changed = sealed
      changed[place] ^= 1
      #expect(throws: SealError.self, "byte \(place)") { try seal.open(changed, context: context) }
      #expect(throws: SealError.self, "cut at \(place)") {
        try seal.open(Array(sealed[..<place]), context: context)
      }
    }
  }

  @Test func `keys change while old values stay readable`() throws {
    let old = try seal("2026-01").seal(bytes("old"), context: context)
    let rotated = try seal("2026-02")
    let new = rotated.seal(bytes("new"), context: context)
    #expect(Seal.keyID(of: old) == "2026-01" && Seal.keyID(of: new) == "2026-02")
    #expect(try rotated.open(old, context: context) == bytes("old"))
    let forgotten = try Seal(keys: ["2026-02": keys["2026-02"] ?? []], current: "2026-02")
    #expect(throws: SealError.unknownKey("2026-01")) { try forgotten.open(old, context: context) }
    #expect(throws: KeyError.self) { try Seal(keys: ["a": [1]], current: "a") }
    #expect(throws: KeyError.self) { try Seal(keys: keys, current: "b") }
  }

  private struct Group: Decodable {
    struct Case: Decodable {
      let tcId: Int
      let key: HexBytes
      let iv: HexBytes
      let aad: HexBytes
      let msg: HexBytes
      let ct: HexBytes
      let tag: HexBytes
      let result: String
    }
    let tests: [Case]
  }

  @Test func `AES-GCM agrees with Wycheproof`() throws {
    let file: Wycheproof<Group> = try vectors("aead/aes-gcm.json")
    for test in file.testGroups.flatMap(\.tests) {
      let plain = AESGCM.open(
        test.ct.bytes, tag: test.tag.bytes, key: test.key.bytes, nonce: test.iv.bytes,
        context: test.aad.bytes)
      #expect((plain == test.msg.bytes) == (test.result == "valid"), "case \(test.tcId)")
      #expect(test.result == "valid" || plain == nil, "case \(test.tcId)")
    }
  }
}

@Suite struct KeyDerivationTests {
  private struct HKDFGroup: Decodable {
    struct Case: Decodable {
      let tcId: Int
      let ikm: HexBytes
      let salt: HexBytes
      let info: HexBytes
      let size: Int
      let okm: HexBytes
      let result: String
    }
    let tests: [Case]
  }

  @Test func `HKDF agrees with Wycheproof`() throws {
    let file: Wycheproof<HKDFGroup> = try vectors("kdf/hkdf-sha256.json")
    // Sizes over 255 digests are the invalid cases: a caller's mistake here, not an answer.
    for test in file.testGroups.flatMap(\.tests) where test.size <= 255 * 32 {
      let derived = HKDF<SHA256>.derive(
        from: test.ikm.bytes, salt: test.salt.bytes, info: test.info.bytes, count: test.size)
      #expect((derived == test.okm.bytes) == (test.result == "valid"), "case \(test.tcId)")
    }
  }

  private struct PBKDF2Group: Decodable {
    struct Case: Decodable {
      let tcId: Int
      let password: HexBytes
      let salt: HexBytes
      let iterationCount: Int
      let dkLen: Int
      let dk: HexBytes
    }
    let tests: [Case]
  }

  @Test(arguments: [
    ("kdf/pbkdf2-hmac-sha1.json", PBKDF2.Digest.sha1),
    ("kdf/pbkdf2-hmac-sha256.json", .sha256), ("kdf/pbkdf2-hmac-sha512.json", .sha512),
  ])
  func `PBKDF2 agrees with Wycheproof`(file: String, digest: PBKDF2.Digest) throws {
    let file: Wycheproof<PBKDF2Group> = try vectors(file)
    // The one case of 16,777,216 rounds takes seconds and shows nothing more.
    for test in file.testGroups.flatMap(\.tests) where test.iterationCount < 100_000 {
      let derived = PBKDF2.derive(
        from: test.password.bytes, salt: test.salt.bytes, iterations: test.iterationCount,
        count: test.dkLen, digest: digest)
      #expect(derived == test.dk.bytes, "case \(test.tcId)")
    }
  }

  @Test func `PBKDF2 refuses what makes no key`() {
    for (rounds, count) in [(0, 20), (-1, 20), (1, 0), (1, -1), (1 << 40, 20)] {
      #expect(
        PBKDF2.derive(from: [1], salt: [2], iterations: rounds, count: count, digest: .sha256)
          == nil)
    }
  }
}
