import CZlib

/// Compresses a zip's entries (RFC 1951) by zlib; `Inflate` undoes it.
enum Deflate {
  /// The bytes as small as zlib makes them; nil when that takes as many or more.
  static func packed(_ bytes: [UInt8]) -> [UInt8]? {
    let capacity = martlet_deflate_bound(bytes.count)
    let packed = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      count = martlet_deflate(bytes, bytes.count, buffer.baseAddress, capacity)
    }
    return packed.isEmpty || packed.count >= bytes.count ? nil : packed
  }
}
