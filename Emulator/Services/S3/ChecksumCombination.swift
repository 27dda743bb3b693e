/// Makes the checksum of a whole from those of its parts, without their bytes.
///
/// A cyclic redundancy check of `A` followed by `B` is that of `A` times x^(8·length of B), plus that of
/// `B` (M. Adler, zlib, `crc32_combine`).
struct ChecksumCombination: Sendable {
  /// Reflected, without its highest power.
  private let polynomial: UInt64
  private let highest: UInt64

  /// nil for what cannot be combined.
  init?(_ algorithm: ChecksumAlgorithm) {
    switch algorithm {
    case .crc32: (polynomial, highest) = (0xedb8_8320, 1 << 31)
    case .crc32c: (polynomial, highest) = (0x82f6_3b78, 1 << 31)
    case .crc64nvme: (polynomial, highest) = (0x9a6c_9329_ac4b_c9b5, 1 << 63)
    case .sha1, .sha256: return nil
    }
  }

  /// The checksum of both parts; `length` is how many bytes the second one has.
  func combine(_ first: UInt64, _ second: UInt64, length: Int) -> UInt64 {
    multiply(power(bytes: length), first) ^ second
  }

  /// x^(8·count), by squares.
  private func power(bytes count: Int) -> UInt64 {
    var result = highest  // x^0
    var factor = highest >> 8
    var rest = count
    while rest > 0 {
      if rest & 1 == 1 { result = multiply(factor, result) }
      factor = multiply(factor, factor)
      rest >>= 1
    }
    return result
  }

  /// The product of two polynomials, whose highest bit is x^0.
  private func multiply(_ one: UInt64, _ other: UInt64) -> UInt64 {
    var (product, factor, bit) = (UInt64(0), other, highest)
    while bit > 0 {
      if one & bit != 0 { product ^= factor }
      factor = factor & 1 == 1 ? factor >> 1 ^ polynomial : factor >> 1
      bit >>= 1
    }
    return product
  }
}
