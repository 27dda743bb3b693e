import Compression
import Crypto
import Testing

/// Data made with Python's `gzip` and `zlib` of the text below.
@Suite struct InflateTests {
  private let text = Array("hello hello hello hello".utf8)
  private let deflated: [UInt8] = [0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x57, 0xC8, 0x40, 0x27, 0x01]

  private var gzip: [UInt8] {
    let sum = CRC32.checksum(text)
    let trailer = [sum, UInt32(text.count)].flatMap { number in
      (0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }
    return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + deflated + trailer
  }

  @Test func `unpacks gzip with every part of its head, and several members`() throws {
    #expect(try Inflate.gzip(gzip, limit: 100) == text)
    #expect(try Inflate.gzip(gzip + gzip, limit: 100) == text + text)
    var named = gzip
    named[3] = 4 | 8 | 16 | 2
    named.insert(contentsOf: [2, 0, 9, 9, 0x61, 0, 0x62, 0], at: 10)
    // The head has a check sum of its own.
    let sum = CRC32.checksum(Array(named[..<18]))
    named.insert(contentsOf: [UInt8(truncatingIfNeeded: sum), UInt8(sum >> 8 & 0xFF)], at: 18)
    #expect(try Inflate.gzip(named, limit: 100) == text)
    named[18] ^= 1
    #expect(throws: Inflate.Failure.malformed) { try Inflate.gzip(named, limit: 100) }
  }

  @Test func `unpacks zlib and bare data`() throws {
    let zlib: [UInt8] = [0x78, 0x9C] + deflated + [0x68, 0x03, 0x08, 0xB1]
    #expect(try Inflate.zlib(zlib, limit: 100) == text)
    #expect(try Inflate.zlib(deflated, limit: 100) == text)
    #expect(throws: Inflate.Failure.malformed) {
      try Inflate.zlib(zlib.dropLast() + [0], limit: 100)
    }
  }

  @Test func `keeps to its limit`() {
    #expect(throws: Inflate.Failure.tooLong) { try Inflate.gzip(gzip, limit: text.count - 1) }
    #expect(throws: Inflate.Failure.tooLong) {
      try Inflate.gzip(gzip + gzip, limit: 2 * text.count - 1)
    }
  }

  @Test func `refuses every cut and every changed byte, and never traps`() {
    for cut in 0..<gzip.count {
      #expect(throws: Inflate.Failure.self) { try Inflate.gzip(Array(gzip[..<cut]), limit: 100) }
    }
    for place in gzip.indices {
      for bit in 0..<8 {
        var damaged = gzip
        damaged[place] ^= 1 << bit
        if let found = try? Inflate.gzip(damaged, limit: 100) { #expect(found == text) }
      }
    }
  }
}
