import CZlib

/// DEFLATE compression (RFC 1951) by zlib; `Inflate` undoes it.
package enum Deflate {
  /// The bytes as small as zlib makes them, bare; nil when that takes as many or more. The same bytes
  /// for the same input.
  package static func packed(_ bytes: [UInt8]) -> [UInt8]? {
    let packed = made(martlet_bare, bytes)
    return packed.isEmpty || packed.count >= bytes.count ? nil : packed
  }

  /// A gzip file of one member (RFC 1952); empty when there is no memory.
  package static func gzip(_ bytes: [UInt8]) -> [UInt8] { made(martlet_gzip, bytes) }

  /// A zlib stream (RFC 1950), which is what `Content-Encoding: deflate` means; empty when there is no
  /// memory.
  package static func zlib(_ bytes: [UInt8]) -> [UInt8] { made(martlet_zlib, bytes) }

  private static func made(_ format: martlet_format, _ bytes: [UInt8]) -> [UInt8] {
    let capacity = martlet_deflate_bound(bytes.count)
    return [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      count = martlet_deflate(format, bytes, bytes.count, buffer.baseAddress, capacity)
    }
  }
}
