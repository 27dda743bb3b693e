/// Keys as bytes whose order by `memcmp` is the order of the service, so that SQLite compares them.
///
/// Text and binary are themselves. A number is `80` for zero; for a positive one `81`, its magnitude
/// plus 130 (one byte: the range −130…125 fits exactly) and its digits in pairs, each plus 1, without
/// trailing zeros; for a negative one `7F`, the same bytes complemented, and `FF` to end the digits.
enum KeyBytes {
  static func encode(_ value: AttributeValue) -> [UInt8]? {
    switch value {
    case .string(let text): text.bytes
    case .binary(let bytes): bytes
    case .number(let number): encode(number)
    default: nil
    }
  }

  static func encode(_ number: DecimalNumber) -> [UInt8] {
    guard !number.isZero else { return [0x80] }
    var body: [UInt8] = [UInt8(number.magnitude + 130)]
    let digits = Array(String(number.mantissa).utf8)
    for index in stride(from: 0, to: digits.count, by: 2) {
      let high = digits[index] - 0x30
      let low = index + 1 < digits.count ? digits[index + 1] - 0x30 : 0
      body.append(high * 10 + low + 1)
    }
    return number.isNegative ? [0x7F] + body.map { ~$0 } + [0xFF] : [0x81] + body
  }

  /// The first key behind all keys that begin with `prefix`; nil when there is none.
  static func end(ofPrefix prefix: [UInt8]) -> [UInt8]? {
    guard let last = prefix.lastIndex(where: { $0 != 0xFF }) else { return nil }
    var end = Array(prefix[...last])
    end[last] += 1
    return end
  }

  /// Where a partition lies in the order of a scan: 31 bits that look random, as in the service,
  /// where hashing decides and no program may rely on the order. FNV-1a with a final mix.
  static func place(of partition: [UInt8]) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in partition { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    hash ^= hash >> 33
    hash = hash &* 0xff51_afd7_ed55_8ccd
    hash ^= hash >> 33
    return Int(hash & 0x7FFF_FFFF)
  }

  /// One more than the highest place.
  static let places = 1 << 31
}
