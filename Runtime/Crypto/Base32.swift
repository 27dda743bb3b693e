/// Base 32 (RFC 4648, 6), as secrets of one-time codes are shown: lower case and groups with spaces
/// are read, too.
package enum Base32 {
  /// With padding.
  package static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    var group: UInt64 = 0
    var bits: UInt64 = 0
    func symbol(_ value: UInt64) -> UInt8 {
      let value = UInt8(truncatingIfNeeded: value & 31)
      return value < 26 ? 0x41 + value : 0x32 + value - 26
    }
    for byte in bytes {
      group = group << 8 | UInt64(byte)
      bits += 8
      while bits >= 5 {
        bits -= 5
        text.append(symbol(group >> bits))
      }
    }
    if bits > 0 { text.append(symbol(group << (5 - bits))) }
    while !text.count.isMultiple(of: 8) { text.append(0x3D) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Nil when `text` is not whole bytes of base 32.
  package static func decode(_ text: String) -> [UInt8]? {
    var symbols = text.utf8.filter { $0 != 0x20 }[...]
    while symbols.last == 0x3D { symbols.removeLast() }
    // 1, 3 and 6 symbols over make no whole bytes.
    guard ![1, 3, 6].contains(symbols.count % 8) else { return nil }
    var bytes: [UInt8] = []
    var group: UInt64 = 0
    var bits: UInt64 = 0
    for symbol in symbols {
      let value: UInt8
      switch symbol {
      case 0x41...0x5A: value = symbol - 0x41
      case 0x61...0x7A: value = symbol - 0x61
      case 0x32...0x37: value = symbol - 0x32 + 26
      default: return nil
      }
      group = group << 5 | UInt64(value)
      bits += 5
      guard bits >= 8 else { continue }
      bits -= 8
      bytes.append(UInt8(truncatingIfNeeded: group >> bits))
    }
    return bytes
  }
}
