import Foundation
import Testing

@testable import Crypto

@Suite struct PasswordHashTests {
  /// As little work as there is; the default is tried once.
  private let quick = PasswordHash(logN: 4)

  private struct File: Decodable {
    struct Case: Decodable {
      let passwordBase64: String
      let hash: String
      let expect: String
      let why: String
    }
    let cases: [Case]
  }

  @Test func `checks bcrypt as pyca does, malformed hashes included`() async throws {
    let file: File = try vectors("password/bcrypt.json")
    for test in file.cases {
      let password = [UInt8](try #require(Data(base64Encoded: test.passwordBase64)))
      let isValid = await quick.isValid(password, for: test.hash)
      // bcrypt of C ends at a zero byte; we refuse such passwords instead of cutting them.
      let expected = test.expect == "accept" && !password.contains(0)
      #expect(isValid == expected, "\(test.hash): \(test.why)")
    }
  }

  private struct Scrypts: Decodable {
    struct Case: Decodable {
      let passwordUTF8: String
      let saltUTF8: String
      let n: Int
      let r: Int
      let p: Int
      let keyHex: HexBytes
    }
    let cases: [Case]
  }

  @Test func `checks RFC 7914's scrypt`() async throws {
    let file: Scrypts = try vectors("kdf/scrypt-rfc.json")
    for test in file.cases where test.saltUTF8.utf8.count >= 8 {
      let hash =
        "$scrypt$ln=\(test.n.trailingZeroBitCount),r=\(test.r),p=\(test.p)"
        + "$\(Data(test.saltUTF8.utf8).base64EncodedString().prefix { $0 != "=" })"
        + "$\(Data(test.keyHex.bytes).base64EncodedString().prefix { $0 != "=" })"
      #expect(await quick.isValid(test.passwordUTF8, for: hash))
      #expect(await !quick.isValid(test.passwordUTF8 + "x", for: hash))
    }
  }

  @Test func `hashes with the floor's parameters, and tells the right password`() async throws {
    let hashing = PasswordHash()
    let hash = try await hashing.hash("pässwörd 食べる")
    #expect(hash.hasPrefix("$scrypt$ln=17,r=8,p=1$"))
    #expect(await hashing.isValid("pässwörd 食べる", for: hash))
    #expect(await !hashing.isValid("pässwörd 食べ", for: hash))
    #expect(!hashing.needsRehash(hash))
  }

  @Test func `one password makes two hashes`() async throws {
    let (one, other) = (try await quick.hash("same"), try await quick.hash("same"))
    #expect(one != other)
    #expect(await quick.isValid("same", for: one))
    #expect(await quick.isValid("same", for: other))
  }

  @Test func `every byte of a long password counts, and too long is refused`() async throws {
    let long = String(repeating: "a", count: 1_024)
    let hash = try await quick.hash(long)
    #expect(await quick.isValid(long, for: hash))
    #expect(await !quick.isValid(String(long.dropLast()) + "b", for: hash))
    #expect(await !quick.isValid(long + "a", for: hash))
    let quick = quick
    await #expect(throws: PasswordError.tooLong(limit: 1_024)) {
      try await quick.hash(long + "a")
    }
  }

  @Test func `asks for a new hash when work has grown`() async throws {
    let hash = try await quick.hash("x")
    #expect(!quick.needsRehash(hash))
    #expect(PasswordHash(logN: 5).needsRehash(hash))
    #expect(quick.needsRehash("$2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm"))
    #expect(await !quick.isValid("", for: quick.decoy))
    #expect(!quick.needsRehash(quick.decoy))
  }

  @Test(arguments: [
    "", "$", "$scrypt$", "$scrypt$ln=40,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
    "$scrypt$ln=17,r=9999,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
    "$scrypt$ln=4,r=8,p=-1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
    "$scrypt$ln=4,r=8$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
    "$scrypt$ln=4,r=8,p=1$*$AAAAAAAAAAAAAAAAAAAAAA", "$scrypt$ln=4,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$",
    "$scrypt$ln=24,r=32,p=16$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "plain text",
    "$6$rounds=999999999$salt$x",
  ])
  func `a hash of no known form is nobody's`(hash: String) async {
    let start = ContinuousClock.now
    #expect(await !quick.isValid("", for: hash))
    #expect(await !quick.isValid("plain text", for: hash))
    #expect(.now - start < .seconds(20))
  }
}
