/// Codes of a second factor: HOTP (RFC 4226) and TOTP (RFC 6238).
///
/// A code is good for one use only: keep the step that ``acceptedStep(of:at:window:)`` gives, and
/// accept only later ones.
package struct OneTimeCode: Sendable {
  package enum Digest: String, Sendable {
    case sha1 = "SHA1"
    case sha256 = "SHA256"
    case sha512 = "SHA512"
  }

  private let secret: [UInt8]
  private let digest: Digest
  private let digits: Int
  private let period: Int64

  /// - Parameters:
  ///   - secret: Shared with the authenticator; 20 bytes are usual.
  ///   - digest: Authenticators know SHA-1; few know the others.
  ///   - digits: 6 to 8.
  ///   - period: Seconds of a step.
  package init(secret: [UInt8], digest: Digest = .sha1, digits: Int = 6, period: Int64 = 30) {
    precondition((6...8).contains(digits) && period > 0)
    self.secret = secret
    self.digest = digest
    self.digits = digits
    self.period = period
  }

  /// The code of a counter.
  package func code(counter: UInt64) -> String {
    let message = withUnsafeBytes(of: counter.bigEndian) { Array($0) }
    let hash =
      switch digest {
      case .sha1: HMAC<SHA1>.code(for: message, key: secret)
      case .sha256: HMAC<SHA256>.code(for: message, key: secret)
      case .sha512: HMAC<SHA512>.code(for: message, key: secret)
      }
    let offset = Int(hash[hash.count - 1] & 15)
    let number =
      UInt32(hash[offset] & 0x7F) << 24 | UInt32(hash[offset + 1]) << 16
      | UInt32(hash[offset + 2]) << 8 | UInt32(hash[offset + 3])
    let most: UInt32 = digits == 6 ? 1_000_000 : digits == 7 ? 10_000_000 : 100_000_000
    let text = String(number % most)
    return String(repeating: "0", count: digits - text.utf8.count) + text
  }

  /// The code at a time, in Unix seconds.
  package func code(at time: Int64) -> String { code(counter: step(at: time)) }

  /// The step whose code this is, up to `window` steps before or after now; nil when there is none.
  package func acceptedStep(of code: String, at time: Int64, window: Int = 1) -> UInt64? {
    guard code.utf8.count == digits else { return nil }
    let now = Int64(bitPattern: step(at: time))
    var accepted: UInt64?
    // All are compared, so that the time taken does not tell which one it was.
    for step in (now - Int64(window))...(now + Int64(window)) where step >= 0 {
      if isEqualInConstantTime(self.code(counter: UInt64(step)), code) { accepted = UInt64(step) }
    }
    return accepted
  }

  /// What an authenticator reads from a QR code ("Key Uri Format").
  package func provisioningURI(issuer: String, account: String) -> String {
    let name = PercentEncoding.encode(issuer)
    var uri = "otpauth://totp/\(name):\(PercentEncoding.encode(account))"
    uri += "?secret=\(Base32.encode(secret).prefix { $0 != "=" })&issuer=\(name)"
    if digest != .sha1 { uri += "&algorithm=\(digest.rawValue)" }
    if digits != 6 { uri += "&digits=\(digits)" }
    if period != 30 { uri += "&period=\(period)" }
    return uri
  }

  private func step(at time: Int64) -> UInt64 { UInt64(max(time, 0) / period) }
}
