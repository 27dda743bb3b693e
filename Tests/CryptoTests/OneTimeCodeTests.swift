import Crypto
import Testing

@Suite struct OneTimeCodeTests {
  private struct HOTP: Decodable {
    struct Case: Decodable {
      let counter: UInt64
      let code: String
    }
    let secretHex: HexBytes
    let cases: [Case]
  }

  @Test func `makes RFC 4226's codes`() throws {
    let file: HOTP = try vectors("otp/hotp.json")
    for test in file.cases {
      #expect(OneTimeCode(secret: file.secretHex.bytes).code(counter: test.counter) == test.code)
    }
  }

  private struct TOTP: Decodable {
    struct Case: Decodable {
      let unixTime: Int64
      let algorithm: String
      let digits: Int
      let periodSeconds: Int64
      let secretHex: HexBytes
      let code: String
    }
    let cases: [Case]
  }

  @Test func `makes RFC 6238's codes`() throws {
    let file: TOTP = try vectors("otp/totp.json")
    for test in file.cases {
      let code = OneTimeCode(
        secret: test.secretHex.bytes,
        digest: try #require(OneTimeCode.Digest(rawValue: test.algorithm)), digits: test.digits,
        period: test.periodSeconds)
      #expect(code.code(at: test.unixTime) == test.code, "\(test.algorithm) at \(test.unixTime)")
    }
  }

  private struct Window: Decodable {
    struct Case: Decodable {
      let secretBase32: String
      let unixTime: Int64
      let code: String
      let window: Int
      let expect: String
      let why: String
    }
    let cases: [Case]
  }

  @Test func `accepts the steps of the window only`() throws {
    let file: Window = try vectors("otp/totp-window.json")
    for test in file.cases {
      let code = OneTimeCode(secret: try #require(Base32.decode(test.secretBase32)))
      let step = code.acceptedStep(of: test.code, at: test.unixTime, window: test.window)
      #expect((step != nil) == (test.expect == "accept"), "\(test.why)")
      if let step { #expect(code.code(counter: step) == test.code) }
    }
  }

  private struct Base32File: Decodable {
    struct Case: Decodable {
      let base32: String
      let textUTF8: String?
      let why: String?
    }
    let cases: [Case]
  }

  @Test func `reads secrets as authenticators show them`() throws {
    let file: Base32File = try vectors("otp/base32.json")
    for test in file.cases {
      #expect(Base32.decode(test.base32) == test.textUTF8.map(bytes), "\(test.base32)")
      if let text = test.textUTF8, test.why == nil {
        #expect(Base32.encode(bytes(text)) == test.base32)
      }
    }
  }

  private struct URIs: Decodable {
    struct Case: Decodable {
      let issuer: String
      let account: String
      let secretBase32: String
      let uri: String
    }
    let cases: [Case]
  }

  @Test func `writes the URI for a QR code`() throws {
    let file: URIs = try vectors("otp/provisioning-uri.json")
    for test in file.cases {
      let code = OneTimeCode(secret: try #require(Base32.decode(test.secretBase32)))
      // The file compares what the escapes mean: pyotp leaves "@" in some versions.
      let uri = code.provisioningURI(issuer: test.issuer, account: test.account)
      #expect(uri == test.uri, "\(test.issuer)")
    }
  }
}
