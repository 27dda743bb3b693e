import Crypto

/// Version ids: 32 letters and digits, as the service's have. The last six are a check of the others, so
/// that an id that was never given out is told from one whose version is gone.
enum VersionID {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._".utf8)
  private static let randomCount = 26
  private static let checkCount = 6

  static func new() -> String {
    let random = Random.bytes(randomCount).map { alphabet[Int($0 & 63)] }
    return String(decoding: random + check(of: random), as: UTF8.self)
  }

  /// Whether an id can be that of a version: one of ours, or that of a bucket without versioning.
  static func isValid(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count == randomCount + checkCount else { return text == "null" }
    return Array(bytes[randomCount...]) == check(of: Array(bytes[..<randomCount]))
  }

  private static func check(of bytes: [UInt8]) -> [UInt8] {
    let sum = UInt64(CRC32.checksum(bytes))
    return (0..<checkCount).map { alphabet[Int(sum >> UInt64(6 * $0) & 63)] }
  }
}
