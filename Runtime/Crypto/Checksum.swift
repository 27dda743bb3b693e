/// CRC-32 with zlib's polynomial: `x-amz-crc32`, AWS event streams, zip (RFC 1952, 8.1.1).
package struct CRC32: Sendable {
  private static let tables = checksumTables(polynomial: 0xEDB8_8320)
  private var state: UInt32 = 0xFFFF_FFFF

  package init() {}

  /// The checksum of everything so far; more may follow.
  package var value: UInt32 { ~state }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    state = tableChecksum(state, bytes, Self.tables)
  }

  package mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }

  package static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var sum = Self()
    sum.update(bytes)
    return sum.value
  }
}

/// CRC-32C (Castagnoli): S3's `x-amz-checksum-crc32c` (RFC 3720, B.4).
package struct CRC32C: Sendable {
  private static let tables = checksumTables(polynomial: 0x82F6_3B78)
  private var state: UInt32 = 0xFFFF_FFFF

  package init() {}

  /// The checksum of everything so far; more may follow.
  package var value: UInt32 { ~state }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    state = tableChecksum(state, bytes, Self.tables)
  }

  package mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }

  package static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var sum = Self()
    sum.update(bytes)
    return sum.value
  }
}

/// Eight tables of 256 entries, one after the other, for eight bytes a step.
private func checksumTables(polynomial: UInt32) -> [UInt32] {
  var tables = [UInt32](repeating: 0, count: 8 * 256)
  for byte in 0..<256 {
    var value = UInt32(byte)
    for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ polynomial : value >> 1 }
    tables[byte] = value
  }
  for index in 256..<tables.count {
    let before = tables[index - 256]
    tables[index] = before >> 8 ^ tables[Int(before & 0xFF)]
  }
  return tables
}

private func tableChecksum(
  _ start: UInt32, _ bytes: UnsafeRawBufferPointer, _ tables: [UInt32]
) -> UInt32 {
  tables.withUnsafeBufferPointer { tables in
    var state = start
    var position = 0
    while position + 8 <= bytes.count {
      let word = UInt64(
        littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      let low = UInt32(truncatingIfNeeded: word) ^ state
      let high = UInt32(truncatingIfNeeded: word >> 32)
      state =
        tables[1_792 + Int(low & 0xFF)] ^ tables[1_536 + Int(low >> 8 & 0xFF)]
        ^ tables[1_280 + Int(low >> 16 & 0xFF)] ^ tables[1_024 + Int(low >> 24)]
      state ^=
        tables[768 + Int(high & 0xFF)] ^ tables[512 + Int(high >> 8 & 0xFF)]
        ^ tables[256 + Int(high >> 16 & 0xFF)] ^ tables[Int(high >> 24)]
      position += 8
    }
    while position < bytes.count {
      state = state >> 8 ^ tables[Int((state ^ UInt32(bytes[position])) & 0xFF)]
      position += 1
    }
    return state
  }
}
