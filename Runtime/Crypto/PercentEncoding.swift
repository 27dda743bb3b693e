/// Percent-encoding of URLs (RFC 3986, 2.1), in the strict form that request signing asks for:
/// everything but letters, digits, `-`, `.`, `_` and `~` is encoded, in upper case.
package enum PercentEncoding {
  /// One segment of a path, or a name or value of a query; `/` stays when asked for.
  package static func encode(_ text: String, keepsSlash: Bool = false) -> String {
    var encoded: [UInt8] = []
    append(text.utf8, to: &encoded, keepsSlash: keepsSlash)
    return String(decoding: encoded, as: UTF8.self)
  }

  /// Appends bytes, encoded.
  package static func append(
    _ bytes: some Sequence<UInt8>, to encoded: inout [UInt8], keepsSlash: Bool = false
  ) {
    for byte in bytes {
      if isUnreserved(byte) || keepsSlash && byte == 0x2F {
        encoded.append(byte)
      } else {
        encoded.append(0x25)
        encoded.append(upperDigit(byte >> 4))
        encoded.append(upperDigit(byte & 15))
      }
    }
  }

  /// The bytes that `text` stands for. A `%` without two digits behind it stands for itself.
  package static func decode(_ text: some Collection<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var position = text.startIndex
    while position < text.endIndex {
      let byte = text[position]
      text.formIndex(after: &position)
      let pair = text[position...].prefix(2)
      guard byte == 0x25, pair.count == 2, let high = pair.first.flatMap(Hex.value),
        let low = pair.dropFirst().first.flatMap(Hex.value)
      else {
        bytes.append(byte)
        continue
      }
      bytes.append(high << 4 | low)
      position = pair.endIndex
    }
    return bytes
  }

  /// As ``decode(_:)``; nil when the bytes are no UTF-8.
  package static func decode(_ text: String) -> String? {
    String(validating: decode(text.utf8), as: UTF8.self)
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
    default: false
    }
  }

  private static func upperDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? 0x30 + value : 0x37 + value
  }
}
