import Crypto

extension StringProtocol {
  /// The text behind the percent signs (RFC 3986 §2.1); nil when its bytes are no UTF-8 or hold a NUL.
  var percentDecoded: String? {
    let bytes = PercentEncoding.decode(Array(utf8))
    guard !bytes.contains(0) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }
}
