import JSON
import Support
import Testing

@testable import Crypto

@Suite struct SignatureTests {
  @Test(arguments: [
    ("signature/ecdsa-p256-sha256-p1363.json", SignatureScheme.es256),
    ("signature/ed25519.json", .edDSA),
    ("signature/rsa-pkcs1-2048-sha256.json", .rs256),
    ("signature/rsa-pss-2048-sha256.json", .ps256),
  ])
  func `agrees with Wycheproof`(file: String, scheme: SignatureScheme) throws {
    let groups = try JSONValue(parsing: Project.bytes("Tests/CryptoTests/Fixtures/" + file))
    var checked = 0
    for group in try #require(groups["testGroups"]?.array) {
      guard let jwk = group["publicKeyJwk"] ?? group["keyJwk"],
        let key = try? TokenKey(jwk: jwk, scheme: scheme)
      else { continue }
      for test in group["tests"]?.array ?? [] {
        let message = try #require(Hex.decode(test["msg"]?.string ?? "-"))
        let signature = try #require(Hex.decode(test["sig"]?.string ?? "-"))
        let result = test["result"]?.string
        checked += 1
        guard result != "acceptable" else { continue }
        #expect(
          key.isValid(signature, for: message) == (result == "valid"),
          "\(file) \(test["tcId"]?.int ?? 0): \(test["comment"]?.string ?? "")")
      }
    }
    #expect(checked > 50)
  }
}
