/// Percent-encoding (RFC 3986 §2.1) and query strings as API Gateway reads them.
enum PercentEncoding {
  /// The decoded text; a percent sign without two digits stands for itself, bytes that are no
  /// UTF-8 become U+FFFD.
  static func decoded(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String {
    let bytes = Array(text.utf8)
    guard bytes.contains(0x25) || (plusIsSpace && bytes.contains(0x2B)) else {
      return String(text)
    }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      if bytes[index] == 0x25, index + 2 < bytes.count, let high = digit(bytes[index + 1]),
        let low = digit(bytes[index + 2])
      {
        result.append(high << 4 | low)
        index += 3
        continue
      }
      result.append(plusIsSpace && bytes[index] == 0x2B ? 0x20 : bytes[index])
      index += 1
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }

  /// The parameters of a query string, decoded, in their order.
  static func parameters(of query: String?) -> [(name: String, value: String)] {
    guard let query, !query.isEmpty else { return [] }
    return query.split(separator: "&").map { pair in
      let equals = pair.firstIndex(of: "=") ?? pair.endIndex
      let value = equals == pair.endIndex ? "" : pair[pair.index(after: equals)...]
      return (
        decoded(pair[..<equals], plusIsSpace: true), decoded(value, plusIsSpace: true)
      )
    }
  }
}
